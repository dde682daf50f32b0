"""Transactions on runs: atomic, and published as events only once on disk."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mouse_dashboard.runs.events import Events
from mouse_dashboard.runs.models import Event, RunSummary, SnapshotEvent, SnapshotInfo
from mouse_dashboard.runs.serializers import run_summary, snapshot_info
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.full_disk import refuse_full_disk
from mouse_dashboard.store.tables import BatchRow, RunRow, SnapshotRow, write_transaction


class RunTransaction:
    """The session of one transaction, its events, and the batches that it deletes."""

    def __init__(self, session: Session, batches: BatchStore) -> None:
        self.session = session
        self.events: list[Event] = []
        self.deleted_batches: list[str] = []
        self._batches = batches

    def summary(self, run: RunRow) -> RunSummary:
        """The run as it is now."""
        self.session.flush()
        return run_summary(self.session, run)

    def info(self, row: SnapshotRow) -> SnapshotInfo:
        """The snapshot as it is now."""
        batch = self.session.get(BatchRow, row.batch_id)
        return snapshot_info(row, batch.stored_size if batch else 0)

    def drop(self, rows: Sequence[SnapshotRow]) -> None:
        """Drop snapshots, and their batches unless they are used elsewhere."""
        numbers = [row.number for row in rows]
        self.session.execute(delete(SnapshotRow).where(SnapshotRow.number.in_(numbers)))
        self.deleted_batches += self._batches.drop_unused(self.session, {row.batch_id for row in rows})

    def delete(self, run: RunRow, row: SnapshotRow) -> None:
        """Drop a snapshot and queue its event."""
        info = self.info(row)
        self.drop([row])
        self.events.append(SnapshotEvent(what="deleted", run=self.summary(run), snapshot=info))


@contextmanager
def run_transaction(batches: BatchStore, events: Events, forget: Callable[[str], None]) -> Generator[RunTransaction]:
    """Change the tables; after the commit publish the events, and `forget` what is in memory of deleted batches."""
    with refuse_full_disk(), write_transaction(batches.engine) as session:
        change = RunTransaction(session, batches)
        yield change
    for batch_id in change.deleted_batches:
        forget(batch_id)
    for event in change.events:
        events.publish(event)
