"""Batches uploaded for a snapshot that never followed: the client died, or the snapshot was refused."""

import time
from collections.abc import Callable

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mouse_dashboard.store.tables import BatchRow, SnapshotRow

LONGEST = 3600.0
"""How many seconds an unlisted batch waits for its snapshot."""
MOST = 64
"""How many of them wait: refused snapshots must not fill the disk. Whose batch is gone is told, and sends it again."""


class Orphans:
    """How long each has waited in this process, by a monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    def expired(self, session: Session, *, but: str) -> list[str]:
        """Ids of expired batches; never the newest arrival."""
        claimed = exists().where(SnapshotRow.batch_id == BatchRow.id)
        waiting = select(BatchRow.id).where(~BatchRow.listed, ~claimed).order_by(BatchRow.number.desc())
        newest, now = list(session.scalars(waiting)), self._clock()
        self._since = {batch_id: self._since.get(batch_id, now) for batch_id in newest}
        others = [batch_id for batch_id in newest if batch_id != but]
        return [
            batch_id
            for place, batch_id in enumerate(others, start=1)
            if place >= MOST or now - self._since[batch_id] > LONGEST
        ]
