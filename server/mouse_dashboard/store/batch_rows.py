"""The row of one batch, by its id."""

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from mouse_dashboard.store.batch_info import unknown_batch
from mouse_dashboard.store.tables import BatchRow

EXISTS = f"SELECT 1 FROM {BatchRow.__tablename__} WHERE id = ?"  # noqa: S608 - a name of ours


def row_of(session: Session, batch_id: str) -> BatchRow:
    """Read the row of a batch.

    Raises:
        ApiError: 404.
    """
    row = session.get(BatchRow, batch_id)
    if row is None:
        raise unknown_batch(batch_id)
    return row


def list_row(session: Session, batch_id: str) -> None:
    """List a batch that is there for a run only."""
    session.execute(update(BatchRow).where(BatchRow.id == batch_id).values(listed=True))


def is_stored(engine: Engine, batch_id: str) -> bool:
    """Whether a batch has a row, of which nothing is read."""
    with engine.connect() as connection:
        return connection.exec_driver_sql(EXISTS, (batch_id,)).first() is not None
