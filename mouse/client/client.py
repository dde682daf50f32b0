"""`mouse.Client`: push batches of a training run to a dashboard without blocking training."""

import atexit
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from threading import Lock, Thread
from time import monotonic
from typing import Any
from uuid import uuid4

from mouse.alignment import Alignment, to_next_state
from mouse.client.outbox import Outbox, Stats
from mouse.client.sending import RefusedError, Sender, SendTimeoutError
from mouse.client.snapshot import take_snapshot
from mouse.client.watcher import OnFinding, RunWatcher
from mouse.diagnosis.finding import Severity
from mouse.errors import BatchError
from mouse.losses.config import LossConfig
from mouse.tracing.explained import Fields
from mouse.tracing.stored import to_stored
from mouse.wording import counted

log = logging.getLogger("mouse.client")

QUEUE_BYTES = 1 << 28
LONGEST_NAME = 200
LAST_SECONDS = 2.0
"""For the thread to end: torch aborts the process if the interpreter goes while it still works."""


class Client:
    """Pushes batches of a training run to a dashboard, in the background.

    Safe to use from several threads. Only the process that created it pushes: create another one after a fork.

    Args:
        url: address of the dashboard, or the link that `mouse dashboard` prints.
        token: its token, if it has one and the link does not hold it.
        run: name of the run: 1 to 200 printable characters.
        resume: go on with the newest run of that name; otherwise a name that exists makes another run of that name.
        queue_bytes: memory for snapshots that wait to be sent; the oldest are dropped when it is full.

    Raises:
        ValueError: no such address or name.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        run: str = "run",
        *,
        resume: bool = False,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        if not 0 < len(run) <= LONGEST_NAME or not run.isprintable():
            raise ValueError(f"run: found {run[:60]!r}, expected 1 to {LONGEST_NAME} printable characters; rename it.")
        self._run = {"run": run, "session": None if resume else uuid4().hex}
        self._outbox = Outbox(queue_bytes)
        self._sender = Sender(url, token, self._outbox.pause)
        self._watcher = RunWatcher(self._sender.run)
        self._thread: Thread | None = None
        self._starting = Lock()
        self._process = os.getpid()
        self._warned: set[str] = set()
        atexit.register(self.close)

    def push(  # noqa: PLR0913  what a training loop knows at a step
        self,
        step_stream: Fields,
        out: Fields | None = None,
        *,
        step: int,
        alignment: Alignment = "next_state",
        configs: Mapping[str, LossConfig] | None = None,
        losses: Sequence[Callable[..., Any]] = (),
        loss: str | None = None,
        metrics: Mapping[str, float] | None = None,
        max_sequences: int | None = None,
    ) -> None:
        """Copy a batch and return; it is sent later. Errors are logged, never raised into training.

        Shapes: ``step_stream``, ``out`` [B, S], or [N] for items without order in time.

        Args:
            step_stream: the batch: a TensorDict, or tensors, arrays and lists by name.
            out: the model's output on it; where it is not apart, the fields of the batch that require gradient.
            step: step of the training, 0 or more; a run has one snapshot of each.
            alignment: ``state`` where action, reward and done stand with the state that they leave, as a loop around
                ``env.step`` stores them: they are moved by one row.
            configs: config of each loss that is trained, by its name.
            losses: loss functions of the user's own that are trained; the dashboard knows them by its ``--loss``.
            loss: field of the batch that holds a loss per step as training computed it, to be explained without code.
            metrics: what training logs.
            max_sequences: send at most so many of the B sequences, evenly spaced; the dashboard says how many.
        """
        if os.getpid() != self._process:
            self._warn_once(
                "fork", "this client was made in another process, so it sends nothing; make one in this process."
            )
            return
        try:
            stream, heads = to_stored(step_stream, out)
            snapshot = take_snapshot(
                to_next_state(stream, alignment),
                heads,
                step=step,
                configs=configs or {},
                losses=losses,
                loss=loss,
                metrics=metrics or {},
                max_sequences=max_sequences,
            )
        except Exception as error:  # noqa: BLE001  training goes on whatever it was that could not be copied
            self._outbox.refuse()
            self._warn_once(f"copy {type(error).__name__}", f"a snapshot could not be copied: {error}")
            return
        if not self._outbox.put(snapshot):
            self._warn_once("dropped", "snapshots come faster than they can be sent; the oldest are dropped.")
        self._start()

    def on_finding(self, callback: OnFinding, severity: Severity = "warning") -> None:
        """Call a function with each `RunFinding` of this severity or a worse one, once its snapshot is examined.

        It is called in a thread of the client's own. What it raises is logged, and training goes on.

        Raises:
            ValueError: no such severity.

        Example:
            >>> client.on_finding(lambda finding: print(finding.step, finding.message), severity="error")
        """
        self._watcher.add(callback, severity)

    def close(self, timeout: float = 10.0) -> None:
        """Send what is queued and report its findings, within `timeout` seconds; called automatically at exit."""
        atexit.unregister(self.close)
        if os.getpid() != self._process:
            return
        end = monotonic() + timeout
        if left := self._outbox.close(timeout if self._thread else 0):
            log.warning("Not sent within %g s: %s.", timeout, counted(left, "snapshot"))
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)
        self._watcher.close(max(0.0, end - monotonic()))

    @property
    def stats(self) -> Stats:
        """Counts of pushed, sent, dropped, refused and queued snapshots."""
        return self._outbox.stats

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        """Start the thread with the first snapshot: an unused client costs nothing."""
        with self._starting:
            if self._thread is not None:
                return
            thread = Thread(target=self._work, name="mouse.Client", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # no more threads are allowed, or the interpreter ends
                self._warn_once("thread", f"snapshots wait, and no thread can send them: {error}.")
            else:
                self._thread = thread

    def _work(self) -> None:
        while (snapshot := self._outbox.take()) is not None:
            sent = None
            try:
                stored = self._sender.send(snapshot, self._run)
                self._watcher.snapshot_sent(stored.run_id, snapshot.fields["step"])
                sent = stored.nbytes
            except SendTimeoutError:
                return
            except RefusedError as error:
                self._warn_once(f"refused {error.code}", f"a snapshot was refused: {error}")
            except BatchError as error:
                self._warn_once("batch", f"a snapshot is not a batch that can be stored: {error}")
            except Exception:  # the next one may be sendable
                log.exception("a snapshot could not be sent")
            self._outbox.done(sent)

    def _warn_once(self, kind: str, message: str) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            log.warning("%s", message)
