"""Report changes of a run to training: polled after each snapshot, in a separate thread."""

import logging
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic
from typing import Any, NamedTuple

from urllib3.exceptions import HTTPError

from mouse.client.sending import RefusedError
from mouse.diagnosis.finding import SEVERITIES, Severity

log = logging.getLogger("mouse.client")

FIRST_WAIT, LONGEST_WAIT = 0.2, 2.0
"""Seconds between two looks at a run whose snapshots are still being examined."""


class RunFinding(NamedTuple):
    """Something changed from one snapshot of a run on."""

    run: str
    """Name of the run."""
    rule: str
    """Id of the rule over runs, such as ``run-jump``; ``run-finding`` where the doctor finds something new."""
    severity: Severity
    """How bad it is."""
    subject: str
    """What changed first: a series such as ``reward.size``, a head, a config, or a rule of the doctor."""
    step: int
    """Step of the first snapshot where it is otherwise."""
    previous_step: int | None
    """Step of the snapshot to compare it with; None where there is none before."""
    message: str
    """One sentence."""


OnFinding = Callable[[RunFinding], object]
FetchRun = Callable[[str], dict[str, Any]]
"""Gives what the dashboard knows of a run, by its id."""


class RunWatcher:
    """Polls a run until all of its snapshots are examined, and reports new findings."""

    def __init__(self, fetch: FetchRun) -> None:
        self._fetch = fetch
        self._callbacks: list[tuple[OnFinding, tuple[Severity, ...]]] = []
        self._changed = Condition()
        self._run_id: str | None = None
        self._first_step = 0
        self._sent = self._examined = 0
        self._closed = False
        self._known: set[tuple[object, ...]] = set()
        self._thread: Thread | None = None

    def add(self, callback: OnFinding, severity: str) -> None:
        """Call `callback` with each new finding of this severity or a worse one.

        Raises:
            ValueError: no such severity.
        """
        if severity not in SEVERITIES:
            raise ValueError(f"severity: found {severity!r}, expected one of {', '.join(SEVERITIES)}; choose one.")
        with self._changed:
            self._callbacks.append((callback, SEVERITIES[: SEVERITIES.index(severity) + 1]))

    def snapshot_sent(self, run_id: str, step: int) -> None:
        """Poll the run until the snapshot is examined."""
        with self._changed:
            if not self._callbacks or self._closed:
                return
            self._first_step = step if self._run_id is None else min(step, self._first_step)
            self._run_id = run_id
            self._sent += 1
            if self._thread is None:
                self._thread = Thread(target=self._work, name="mouse.Client findings", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self, timeout: float) -> None:
        """Wait until sent snapshots are examined and reported, within `timeout` seconds."""
        end = monotonic() + timeout
        with self._changed:
            self._changed.wait_for(lambda: self._examined == self._sent, timeout)
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(max(0.0, end - monotonic()))

    def _work(self) -> None:
        while self._wait_for_snapshot():
            wait = FIRST_WAIT
            while not self._look():
                with self._changed:
                    if self._changed.wait_for(lambda: self._closed, wait):
                        return
                wait = min(2 * wait, LONGEST_WAIT)

    def _wait_for_snapshot(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._examined < self._sent or self._closed)
            return not self._closed

    def _look(self) -> bool:
        """Report new findings, and return whether nothing is left to wait for."""
        with self._changed:
            run_id, sent = self._run_id or "", self._sent
        run: dict[str, Any] = {"changes": [], "pending": 0}
        try:
            run = self._fetch(run_id)
        except HTTPError as error:
            log.debug("a run could not be looked at: %s", error)
            return False
        except RefusedError as error:  # such as a run that was deleted: the next snapshot makes another one
            log.debug("a run could not be looked at: %s", error)
        for change in run["changes"]:
            self._tell(run["name"], change)
        if run["pending"]:
            return False
        with self._changed:
            self._examined = sent
            self._changed.notify_all()
        return True

    def _tell(self, run: str, change: dict[str, Any]) -> None:
        """Skip changes from before this client's first snapshot: it may resume an older run."""
        finding = RunFinding(run, **{name: change[name] for name in RunFinding._fields[1:]})
        key = (finding.rule, finding.subject, finding.step)
        if key in self._known or finding.step < self._first_step:
            return
        self._known.add(key)
        for callback, severities in tuple(self._callbacks):
            if finding.severity in severities:
                try:
                    callback(finding)
                except Exception:  # training goes on, and the next finding is told
                    log.exception("a callback of on_finding failed")
