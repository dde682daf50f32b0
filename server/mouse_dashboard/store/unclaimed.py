"""Batches that were sent for a snapshot which never came: their client was gone, or the snapshot was refused."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mouse_dashboard.store.tables import BatchRow, SnapshotRow, UnlistedRow

LONGEST = timedelta(hours=1)
"""How long an unlisted batch waits for its snapshot."""
MOST = 64
"""How many of them wait: refused snapshots must not fill the disk. Whose batch is gone is told, and sends it again."""


def unclaimed(session: Session, *, but: str | None = None) -> list[str]:
    """Ids of the batches that wait no longer; never the one that has just come."""
    claimed = exists().where(SnapshotRow.batch_id == BatchRow.id)
    waiting = select(BatchRow.id, BatchRow.created).join(UnlistedRow, UnlistedRow.batch_id == BatchRow.id)
    newest = session.execute(waiting.where(~claimed, BatchRow.id != but).order_by(BatchRow.created.desc())).all()
    before = (datetime.now(UTC) - LONGEST).isoformat(timespec="microseconds")
    return [row.id for place, row in enumerate(newest, start=1) if place >= MOST or row.created < before]
