"""Snapshot retention: the oldest unstarred snapshots are deleted first, never the newest arrival."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mouse_dashboard.store.tables import BatchRow, SnapshotRow


class RetentionLimits(NamedTuple):
    """Retention limits; 0 means no limit."""

    snapshots: int
    """Of each run."""
    bytes: int
    """Of all runs together."""


def surplus(session: Session, newest: SnapshotRow, limits: RetentionLimits) -> SnapshotRow | None:
    """The next snapshot to delete; None if everything fits or the rest is starred."""
    spare = select(SnapshotRow).where(~SnapshotRow.pinned, SnapshotRow.number != newest.number)
    of_run = SnapshotRow.run_id == newest.run_id
    count = session.scalar(select(func.count()).where(of_run)) or 0
    if 0 < limits.snapshots < count:
        oldest = spare.where(of_run)
    elif 0 < limits.bytes < _stored_bytes(session):
        oldest = spare
    else:
        return None
    return session.scalar(oldest.order_by(SnapshotRow.number).limit(1))


def _stored_bytes(session: Session) -> int:
    of_runs = BatchRow.id.in_(select(SnapshotRow.batch_id))
    return session.scalar(select(func.sum(BatchRow.stored_size)).where(of_runs)) or 0
