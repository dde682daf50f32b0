"""The training-run snapshot that a batch belongs to."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mouse.wording import cut
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.models import SnapshotOrigin
from mouse_dashboard.store.tables import BatchRow, RunRow, SnapshotRow


def origin_of(session: Session, batch_id: str) -> SnapshotOrigin | None:
    """The newest snapshot that has a batch."""
    newest = select(SnapshotRow).where(SnapshotRow.batch_id == batch_id).order_by(SnapshotRow.number.desc()).limit(1)
    found = session.execute(newest.join(RunRow, RunRow.id == SnapshotRow.run_id).add_columns(RunRow.name)).first()
    if found is None:
        return None
    return snapshot_origin(*found)


def snapshot_origin(row: SnapshotRow, run: str) -> SnapshotOrigin:
    """The origin as a snapshot of the named run."""
    fields = {"run_id": row.run_id, "run": run, "step": row.step, "configs": row.configs, "sequences": row.sequences}
    return SnapshotOrigin.model_validate(fields)


def drop_snapshots_without_batch(session: Session) -> None:
    """Drop snapshots whose batch is missing; the run counts how many it lost."""
    for row in session.scalars(select(SnapshotRow).where(SnapshotRow.batch_id.not_in(select(BatchRow.id)))).all():
        session.execute(update(RunRow).where(RunRow.id == row.run_id).values(dropped=RunRow.dropped + 1))
        session.delete(row)


def batch_in_run_error(origin: SnapshotOrigin) -> ApiError:
    """409: the batch to delete belongs to a snapshot."""
    return ApiError(
        409,
        "batch_of_a_run",
        f"batch_id: found the batch of step {origin.step} of run {cut(origin.run, 40)!r}, "
        "expected a batch outside of any run; delete that snapshot instead.",
        "batch_id",
    )
