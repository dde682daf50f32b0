"""Training runs: push, list, show, star, delete, and stream their events."""

from typing import Annotated

from annotated_types import Interval
from fastapi import APIRouter, Path, Query, Response
from starlette.responses import StreamingResponse

from mouse_dashboard.compute.configs import dump_configs, resolve_configs
from mouse_dashboard.runs.models import (
    MOST_PER_PAGE,
    MOST_STEPS,
    Event,
    PinRequest,
    RunInfo,
    RunList,
    SnapshotInfo,
    SnapshotRequest,
    StoredSnapshot,
)
from mouse_dashboard.runs.serializers import Page
from mouse_dashboard.schema.base import UUID
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.store.models import SnapshotOrigin
from mouse_dashboard.web.deps import EvaluatorDep, EventsDep, RunsDep, SnapshotWorkerDep
from mouse_dashboard.web.event_stream import EVENT_STREAM, stream
from mouse_dashboard.web.run_on_batch import json_response

router = APIRouter(tags=["runs"])

RunId = Annotated[str, Path(pattern=UUID, description="Id of the run, as in the list of runs.")]
Step = Annotated[int, Interval(ge=0, le=MOST_STEPS), Path(description="Step of the snapshot.")]
After = Annotated[
    Annotated[int, Interval(ge=0, le=MOST_STEPS)] | None, Query(description="Only snapshots of larger steps.")
]
Limit = Annotated[
    Annotated[int, Interval(ge=1, le=MOST_PER_PAGE)] | None, Query(description="Maximum number of snapshots.")
]
Search = Annotated[str, Query(max_length=200, description="Text in the name of the run, in any case.")]
ERROR_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
"""FastAPI would have the errors of an event stream be event streams."""


@router.post(
    "/snapshots",
    status_code=201,
    response_model=StoredSnapshot,
    responses={
        200: {"model": StoredSnapshot, "description": "The same snapshot was stored before."},
        507: {"model": ErrorBody, "description": "The disk is full."},
    },
)
def push_snapshot(body: SnapshotRequest, runs: RunsDep, worker: SnapshotWorkerDep, evaluator: EvaluatorDep) -> Response:
    """Store the batch of a training run at a step, and respond once it is on disk.

    Losses and findings are computed afterwards. A step of the run that has another snapshot is refused with 409, never
    replaced.
    """
    configs = dump_configs(resolve_configs(body.configs, evaluator.losses))
    stored, new = runs.push(body.model_copy(update={"configs": configs}))
    worker.wake()
    return json_response(stored, 201 if new else 200)


@router.get("/runs")
def list_runs(runs: RunsDep, search: Search = "") -> RunList:
    """Every run, the latest updated first."""
    return runs.runs(search)


@router.get("/runs/{run_id}", response_model=RunInfo)
def show_run(run_id: RunId, runs: RunsDep, after: After = None, limit: Limit = None) -> Response:
    """A run with its snapshots by step: what training logged, and losses and findings once they are computed.

    Without `limit` all of them come at once. With it they come in pages: `next_after` of one is `after` of the next.
    """
    return json_response(runs.run(run_id, Page(after, limit)))


@router.delete("/runs/{run_id}", status_code=204)
def delete_run(run_id: RunId, runs: RunsDep) -> None:
    """Delete a run with its snapshots; their batches go too, unless they are listed or of another run."""
    runs.delete(run_id)


@router.get("/runs/{run_id}/snapshots/{step}")
def show_snapshot(run_id: RunId, step: Step, runs: RunsDep) -> SnapshotOrigin:
    """What training sent with a snapshot: its configs, and how many of its sequences were kept."""
    return runs.origin(run_id, step)


@router.delete("/runs/{run_id}/snapshots/{step}", status_code=204)
def delete_snapshot(run_id: RunId, step: Step, runs: RunsDep) -> None:
    """Delete a snapshot; its batch goes too, unless it is listed or of another snapshot."""
    runs.delete_snapshot(run_id, step)


@router.put("/runs/{run_id}/snapshots/{step}/pin", response_model=SnapshotInfo)
def pin_snapshot(run_id: RunId, step: Step, body: PinRequest, runs: RunsDep) -> Response:
    """Exempt a snapshot from retention, or undo that."""
    return json_response(runs.pin(run_id, step, pinned=body.pinned))


@router.get(
    "/events",
    response_class=StreamingResponse,
    response_model=Event,
    responses={200: EVENT_STREAM, "4XX": {"description": "What was wrong with the request.", "content": ERROR_CONTENT}},
)
async def listen(events: EventsDep) -> StreamingResponse:
    """Stream events of runs from now on, as server-sent events; the first is always `reload`."""
    return stream(events)
