"""Errors of requests for runs and snapshots."""

from mouse.wording import cut
from mouse_dashboard.runs.models import SnapshotRequest
from mouse_dashboard.schema.errors import ApiError


def check_sequences(request: SnapshotRequest, rows: int) -> None:
    """Refuse a number of kept sequences that is not the batch's.

    Raises:
        ApiError: 422.
    """
    if request.sequences is not None and request.sequences.kept != rows:
        message = (
            f"sequences.kept: found {request.sequences.kept}, expected {rows}, the sequences of the batch; "
            "leave sequences out if none were left out."
        )
        raise ApiError(422, "invalid_value", message, "sequences.kept")


def snapshot_conflict(run: str, step: int) -> ApiError:
    """409: an existing step is never replaced, so that what was seen on screen stays valid."""
    return ApiError(
        409,
        "step_exists",
        f"step: found {step}, of which run {cut(run, 40)!r} has a snapshot with another batch, configs or metrics, "
        "expected a step that it does not have; delete that snapshot, or push to another run.",
        "step",
    )


def unknown_run(run_id: str) -> ApiError:
    """404: no such run."""
    message = f"run_id: found no run {run_id[:12]}..., expected one of the list; it was deleted or never sent here."
    return ApiError(404, "unknown_run", message, "run_id")


def unknown_snapshot(step: int) -> ApiError:
    """404: no such snapshot."""
    message = f"step: found no snapshot of step {step}, expected one of the run's; it was deleted or made room."
    return ApiError(404, "unknown_snapshot", message, "step")
