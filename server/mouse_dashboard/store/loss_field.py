"""The field of a stored batch that was recorded as the loss."""

from typing import Any

from sqlalchemy import Engine

from mouse.errors import cut, listed
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.batch_info import unknown_batch
from mouse_dashboard.store.tables import BatchRow

_LOSS_FIELD = f"SELECT loss_field FROM {BatchRow.__tablename__} WHERE id = ?"  # noqa: S608 - a name of ours


def read_loss_field(engine: Engine, batch_id: str) -> str | None:
    """Its name, where there is one. Asked at every tick of a slider, so no row is made of it.

    Raises:
        ApiError: 404.
    """
    with engine.connect() as connection:
        found = connection.exec_driver_sql(_LOSS_FIELD, (batch_id,)).first()
    if found is None:
        raise unknown_batch(batch_id)
    return found[0]


def set_loss_field(row: BatchRow, name: str | None) -> None:
    """Name a field that has one real number per step, or none.

    Raises:
        ApiError: 422, it is no such field.
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
