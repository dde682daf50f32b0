"""The run store: an acknowledged snapshot is listed, even if the process is killed."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from mouse_dashboard.runs.errors import check_sequences, snapshot_conflict, unknown_run, unknown_snapshot
from mouse_dashboard.runs.events import Events
from mouse_dashboard.runs.history.statistics import Statistics
from mouse_dashboard.runs.models import (
    Examined,
    RunChange,
    RunEvent,
    RunInfo,
    RunList,
    RunSummary,
    SnapshotEvent,
    SnapshotInfo,
    SnapshotRequest,
    StoredSnapshot,
)
from mouse_dashboard.runs.retention import RetentionLimits, surplus
from mouse_dashboard.runs.run_changes import LONGEST, NewChange, load_history, merge_changes, new_changes
from mouse_dashboard.runs.serializers import Page, run_info, run_summaries, run_summary
from mouse_dashboard.runs.transactions import RunTransaction, run_transaction
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.batch_info import unknown_batch
from mouse_dashboard.store.models import SnapshotOrigin
from mouse_dashboard.store.origin import snapshot_origin
from mouse_dashboard.store.tables import BatchRow, RunRow, SnapshotRow, read_transaction

SAME = ("batch_id", "configs", "metrics", "sequences")
"""What makes a snapshot sent again the same one."""
WHOLE = Page()
DELETED_AT_ONCE = 100
"""Snapshots that one transaction deletes: others can write between two of them."""
PAUSE_SECONDS = 0.005
"""Between two transactions of a deletion: SQLite has no queue, whoever asks at that moment is next."""


class Pending(NamedTuple):
    """A snapshot that is not examined yet."""

    number: int
    batch_id: str
    configs: dict[str, dict[str, bool | float | str]]
    tries: int
    """How often somebody has begun, this time included."""
    metrics: dict[str, float | str]
    """What training logged."""


class RunStore:
    """Runs and their snapshots, stored beside the batches. Safe to use from several threads and processes."""

    def __init__(
        self, batches: BatchStore, limits: RetentionLimits, events: Events, forget: Callable[[str], None]
    ) -> None:
        self._batches = batches
        self._engine = batches.engine
        self._limits = limits
        self._events = events
        self._forget = forget

    def push(self, request: SnapshotRequest) -> tuple[StoredSnapshot, bool]:
        """Store a snapshot, and return it and whether it is new; the oldest are deleted if limits require it.

        Raises:
            ApiError: 404, the batch is not here; 409, the run has another snapshot of that step; 422; 507.
        """
        with self._changing() as change:
            batch = change.session.get(BatchRow, request.batch_id)
            if batch is None:
                raise unknown_batch(request.batch_id)
            check_sequences(request, batch.B)
            run, row = _run_for(change, request), _row(request)
            known = _find(change.session, run.id, request.step)
            if known and any(getattr(known, name) != getattr(row, name) for name in SAME):
                raise snapshot_conflict(run.name, request.step)
            if known is None:
                self._add(change, run, row)
            stored = StoredSnapshot(run=change.summary(run), snapshot=change.info(known or row))
        return stored, known is None

    def runs(self, search: str = "") -> RunList:
        """Every run whose name contains a text, ignoring case; the latest updated first."""
        with read_transaction(self._engine) as session:
            rows = session.scalars(select(RunRow).order_by(RunRow.latest.desc(), RunRow.number.desc()))
            found = [row for row in rows if search.casefold() in row.name.casefold()]
            return RunList(runs=run_summaries(session, found))

    def run(self, run_id: str, page: Page = WHOLE) -> RunInfo:
        """One run with its snapshots, or a page of them.

        Raises:
            ApiError: 404.
        """
        with read_transaction(self._engine) as session:
            return run_info(session, _run(session, run_id), page)

    def origin(self, run_id: str, step: int) -> SnapshotOrigin:
        """What training sent with a snapshot; the batch alone is ambiguous if other snapshots share its bytes.

        Raises:
            ApiError: 404.
        """
        with read_transaction(self._engine) as session:
            run = _run(session, run_id)
            return snapshot_origin(_snapshot(session, run_id, step), run.name)

    def delete(self, run_id: str) -> None:
        """Delete a run, its snapshots and their batches.

        Raises:
            ApiError: 404.
        """
        with read_transaction(self._engine) as session:
            before = run_summary(session, _run(session, run_id))
        while self._delete_some(run_id, before):
            time.sleep(PAUSE_SECONDS)

    def _delete_some(self, run_id: str, before: RunSummary) -> bool:
        """Delete some snapshots of a run, and the run with the last of them; say whether there are more."""
        with self._batches.reserve.released(), self._changing() as change:
            mine = select(SnapshotRow).where(SnapshotRow.run_id == run_id).order_by(SnapshotRow.number)
            rows = change.session.scalars(mine.limit(DELETED_AT_ONCE + 1)).all()
            change.drop(rows[:DELETED_AT_ONCE])
            if len(rows) > DELETED_AT_ONCE:
                return True
            change.session.delete(_run(change.session, run_id))
            change.events.append(RunEvent(what="deleted", run=before))
            return False

    def delete_snapshot(self, run_id: str, step: int) -> None:
        """Delete a snapshot and its batch.

        Raises:
            ApiError: 404.
        """
        with self._batches.reserve.released(), self._changing() as change:
            change.delete(_run(change.session, run_id), _snapshot(change.session, run_id, step))

    def pin(self, run_id: str, step: int, *, pinned: bool) -> SnapshotInfo:
        """Set whether a snapshot is exempt from retention.

        Raises:
            ApiError: 404.
        """
        with self._changing() as change:
            run, row = _run(change.session, run_id), _snapshot(change.session, run_id, step)
            row.pinned = pinned
            info = change.info(row)
            change.events.append(SnapshotEvent(what="pinned", run=change.summary(run), snapshot=info))
        return info

    def next_pending(self) -> Pending | None:
        """The newest pending snapshot: the one that someone watching the run wants to see."""
        newest = select(SnapshotRow).where(SnapshotRow.examined.is_(None)).order_by(SnapshotRow.number.desc()).limit(1)
        with read_transaction(self._engine) as session:
            if session.scalar(newest) is None:
                return None
        with self._changing() as change:
            row = change.session.scalar(newest)
            if row is None:
                return None
            row.tries += 1
            return Pending(row.number, row.batch_id, row.configs, row.tries, row.metrics)

    def release(self, number: int) -> None:
        """Return a cancelled snapshot to the queue, without counting the attempt."""
        with self._changing() as change:
            row = change.session.get(SnapshotRow, number)
            if row is not None:
                row.tries -= 1

    def store_examination(
        self, number: int, examined: Examined, statistics: Statistics | None = None
    ) -> list[NewChange]:
        """Store the examination of a snapshot, which may be deleted by now; return the run's new changes."""
        changes = None if statistics is None else self._changes_with(number, statistics)
        with self._changing() as change:
            row = change.session.get(SnapshotRow, number)
            if row is None:
                return []
            run, before = _run(change.session, row.run_id), None
            row.examined = examined.model_dump(mode="json")
            row.statistics = None if statistics is None else {**statistics}
            if changes is not None and changes != (run.changes or []):
                before, run.changes = run.changes or [], changes
            event = SnapshotEvent(what="examined", run=change.summary(run), snapshot=change.info(row))
            if before is not None:
                event.changes = [RunChange.model_validate(each) for each in changes or []]
            change.events.append(event)
            return [] if before is None else new_changes(run, before)

    def _changes_with(self, number: int, statistics: Statistics) -> list[dict[str, Any]] | None:
        """What changed along the run of a snapshot, with these statistics of it; read before anything is locked."""
        with read_transaction(self._engine) as session:
            row = session.get(SnapshotRow, number)
            if row is None:
                return None
            run, history = _run(session, row.run_id), load_history(session, row, statistics)
            return merge_changes(run.changes or [], history, whole=not run.dropped and len(history) <= LONGEST)

    def _changing(self) -> AbstractContextManager[RunTransaction]:
        return run_transaction(self._batches, self._events, self._forget)

    def _add(self, change: RunTransaction, run: RunRow, row: SnapshotRow) -> None:
        row.run_id, run.updated = run.id, row.created
        change.session.add(row)
        change.session.flush()
        run.latest = row.number
        while old := surplus(change.session, row, self._limits):
            owner = _run(change.session, old.run_id)
            owner.dropped += 1
            change.delete(owner, old)
        change.events.append(SnapshotEvent(what="stored", run=change.summary(run), snapshot=change.info(row)))


def _run_for(change: RunTransaction, request: SnapshotRequest) -> RunRow:
    """The newest run of that name and session, or a new one."""
    named = select(RunRow).where(RunRow.name == request.run).order_by(RunRow.number.desc()).limit(1)
    if request.session is not None:
        named = named.where(RunRow.session == request.session)
    run = change.session.scalar(named)
    if run is None:
        now = _now()
        run = RunRow(id=uuid4().hex, name=request.run, session=request.session, created=now, updated=now)
        change.session.add(run)
        change.events.append(RunEvent(what="created", run=change.summary(run)))
    return run


def _row(request: SnapshotRequest) -> SnapshotRow:
    fields = request.model_dump(mode="json", exclude_none=True)
    return SnapshotRow(
        run_id="",
        step=request.step,
        batch_id=request.batch_id,
        created=_now(),
        configs=fields["configs"],
        metrics=fields["metrics"],
        sequences=fields.get("sequences"),
    )


def _run(session: Session, run_id: str) -> RunRow:
    run = session.get(RunRow, run_id)
    if run is None:
        raise unknown_run(run_id)
    return run


def _snapshot(session: Session, run_id: str, step: int) -> SnapshotRow:
    row = _find(session, run_id, step)
    if row is None:
        raise unknown_snapshot(step)
    return row


def _find(session: Session, run_id: str, step: int) -> SnapshotRow | None:
    return session.scalar(select(SnapshotRow).where(SnapshotRow.run_id == run_id, SnapshotRow.step == step))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
