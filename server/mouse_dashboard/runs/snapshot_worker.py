"""Compute losses and findings of every snapshot in the background, with the same code as the page's requests."""

import logging
import os
import threading
from collections.abc import Callable, Mapping

from mouse.diagnosis import Report
from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken, ClientGoneError
from mouse_dashboard.compute.configs import resolve_configs
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.doctor.examination import examine_stored_batch
from mouse_dashboard.evaluate.batch_evaluation import evaluate_batch
from mouse_dashboard.runs.history.statistics import Statistics, statistics_of
from mouse_dashboard.runs.models import Examined, FindingCounts, SnapshotLoss
from mouse_dashboard.runs.run_changes import NewChange
from mouse_dashboard.runs.store import Pending, RunStore
from mouse_dashboard.schema.errors import ApiError, InvalidFieldsError
from mouse_dashboard.store import BatchStore

log = logging.getLogger("mouse")
MOST_TRIES = 3
"""A batch that kills the server, by taking all memory for example, must not do so at every start."""
SHARED_BYTES = 1 << 30
"""What losses and rules of one snapshot may share while it is looked at."""
RETRY_SECONDS = 30
"""A full disk may have room again by then."""
IDLE = 19
"""The lowest priority: training, and who looks at a page, come first."""


class SnapshotWorker:
    """A thread that examines pending snapshots, the newest first."""

    def __init__(
        self,
        runs: RunStore,
        batches: BatchStore,
        seconds: float,
        losses: Mapping[str, AnyLoss] = LOSSES,
        notify: Callable[[NewChange], None] = lambda _news: None,
    ) -> None:
        self._runs = runs
        self._batches = batches
        self._seconds = seconds
        self._losses = losses
        self._notify = notify
        self._token = CancelToken(seconds)
        self._work_left = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="snapshot worker", daemon=True)

    def start(self) -> None:
        """Resume where the last process stopped."""
        self.wake()
        self._thread.start()

    def wake(self) -> None:
        """Signal a new snapshot."""
        self._work_left.set()

    def close(self) -> None:
        """Stop; the next process examines the rest."""
        self._closed = True
        self._token.cancel()
        self._work_left.set()
        self._thread.join()

    def drain(self) -> None:
        """Examine every pending snapshot."""
        while not self._closed and (pending := self._runs.next_pending()) is not None:
            self._token = CancelToken(self._seconds)
            if self._closed:  # between the two lines above: `close` has cancelled the token before
                self._token.cancel()
            try:
                news = self._runs.store_examination(pending.number, *self._examine(pending))
            except ClientGoneError:
                self._runs.release(pending.number)
                return
            for each in news:
                self._notify(each)

    def _work(self) -> None:
        _lower_priority()
        failed = False
        while not self._closed:
            self._work_left.wait(RETRY_SECONDS if failed else None)
            self._work_left.clear()
            try:
                self.drain()
                failed = False
            except Exception:  # a full disk, a locked table: the next snapshot may fare better
                failed = True
                log.exception("unexpected error while snapshots are examined")

    def _examine(self, pending: Pending) -> tuple[Examined, Statistics | None]:
        if pending.tries > MOST_TRIES:
            failure = f"The server died {MOST_TRIES} times while it examined this batch: it may be too large."
        else:
            try:
                return examine(self._batches.batch(pending.batch_id), pending, self._losses, self._token)
            except ClientGoneError:
                raise
            except (ApiError, BatchError, MissingFieldError) as error:
                failure = str(error)
            except InvalidFieldsError:
                failure = "configs: found fields of another version of mouse, expected this one's."
            except Exception:  # one snapshot must not keep the others from being looked at
                log.exception("unexpected error in a snapshot's batch")
                failure = "Something unexpected went wrong in the server; its log says what."
        return Examined(failure=failure), None


def examine(
    batch: Batch, pending: Pending, losses: Mapping[str, AnyLoss], token: CancelToken
) -> tuple[Examined, Statistics]:
    """Compute a snapshot's losses, its finding counts, and the statistics for the rules over the run.

    Raises:
        ApiError: time is up.
        ClientGoneError: cancelled.
    """
    configs = resolve_configs(pending.configs, losses)
    context = EvaluationContext(batch, configs, Evaluator(SHARED_BYTES, losses), token)
    evaluation = evaluate_batch(context)
    numbers, report = evaluation.numbers(), examine_stored_batch(context)
    examined = Examined(
        losses={
            name: SnapshotLoss(loss=each.loss, error=each.error and each.error.message)
            for name, each in numbers.losses.items()
        },
        total=numbers.total,
        findings=_counts(report),
    )
    return examined, statistics_of(evaluation, report, pending.metrics)


def _counts(report: Report) -> FindingCounts:
    severities = [finding.severity for finding in report]
    return FindingCounts.model_validate({name: severities.count(name) for name in FindingCounts.model_fields})


def _lower_priority() -> None:
    """On Linux each thread has a priority of its own, which the threads that it starts inherit."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), IDLE)
