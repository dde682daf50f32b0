"""Describe a stored batch: its row, which losses can run on it, and its origin."""

from collections.abc import Mapping

from sqlalchemy import Engine
from tensordict import TensorDict

from mouse.batch import RECORDED
from mouse.losses.loss import AnyLoss
from mouse.transition_batch import holds_transitions
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.mapped import mapped_from
from mouse_dashboard.store.models import BatchInfo, BatchSummary, FieldInfo, LossReadiness
from mouse_dashboard.store.origin import origin_of
from mouse_dashboard.store.tables import BatchRow, read_transaction


def batch_info(
    engine: Engine, row: BatchRow, batch: tuple[TensorDict, TensorDict], losses: Mapping[str, AnyLoss]
) -> BatchInfo:
    """Describe a batch."""
    missing = {name: list(loss.missing(*batch)) for name, loss in losses.items() if name != RECORDED}
    if row.loss_field is not None:
        missing[RECORDED] = []
    with read_transaction(engine) as session:
        return BatchInfo(
            **BatchSummary.model_validate(row, from_attributes=True).model_dump(exclude={"transitions"}),
            transitions=holds_transitions(batch[0]),
            fields=[FieldInfo.model_validate(field) for field in row.fields],
            losses=[LossReadiness(name=name, runs=not fields, missing=fields) for name, fields in missing.items()],
            snapshot=origin_of(session, row.id),
            loss_field=row.loss_field,
            mapped_from=mapped_from(session, row),
        )


def unknown_batch(batch_id: str) -> ApiError:
    """404: no batch has this id."""
    return ApiError(
        404,
        "unknown_batch",
        f"batch_id: found no batch {batch_id[:12]}..., expected one of the list; it was deleted or never sent here.",
        "batch_id",
    )
