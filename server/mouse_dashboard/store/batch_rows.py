"""The table row of a batch, and its recorded loss field."""

from typing import Any

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from mouse.wording import cut, listed
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.batch_info import unknown_batch
from mouse_dashboard.store.tables import BatchRow

_EXISTS = f"SELECT 1 FROM {BatchRow.__tablename__} WHERE id = ?"  # noqa: S608 - a name of ours
_LOSS_FIELD = f"SELECT loss_field FROM {BatchRow.__tablename__} WHERE id = ?"  # noqa: S608 - a name of ours


def read_row(session: Session, batch_id: str) -> BatchRow:
    """Read the row of a batch.

    Raises:
        ApiError: 404.
    """
    row = session.get(BatchRow, batch_id)
    if row is None:
        raise unknown_batch(batch_id)
    return row


def list_row(session: Session, batch_id: str) -> None:
    """List a batch that so far belonged only to a run."""
    session.execute(update(BatchRow).where(BatchRow.id == batch_id).values(listed=True))


def is_stored(engine: Engine, batch_id: str) -> bool:
    """Whether a batch has a row, without reading it."""
    with engine.connect() as connection:
        return connection.exec_driver_sql(_EXISTS, (batch_id,)).first() is not None


def read_loss_field(engine: Engine, batch_id: str) -> str | None:
    """Read the name of the loss field, if set. Runs at every slider move, so no ORM row is built.

    Raises:
        ApiError: 404.
    """
    with engine.connect() as connection:
        found = connection.exec_driver_sql(_LOSS_FIELD, (batch_id,)).first()
    if found is None:
        raise unknown_batch(batch_id)
    return found[0]


def set_loss_field(row: BatchRow, name: str | None) -> None:
    """Set the loss field, which must have one real number per step, or clear it.

    Raises:
        ApiError: 422, the field is missing or unsuitable.
    """
    known = [str(field["name"]) for field in row.fields if _is_number_per_step(field)]
    if name is not None and name not in known:
        message = (
            f"loss_field: found {cut(name, 60)!r}, expected a field with one number per step: "
            f"{listed(known, 'this batch has none')}; choose one."
        )
        raise ApiError(422, "bad_loss_field", message, "loss_field")
    row.loss_field = name


def _is_number_per_step(field: dict[str, Any]) -> bool:
    return len(field["shape"]) == 2 and not str(field["dtype"]).startswith("complex")
