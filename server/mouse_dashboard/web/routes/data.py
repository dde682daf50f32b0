"""The raw batch: fields, episodes, steps, images."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mouse_dashboard.data.batch_data import read_batch_data
from mouse_dashboard.data.field_figures import field_figures
from mouse_dashboard.data.models import BatchData, FieldFigures, FieldRequest, ImageQuery, PlaceQuery, StepData
from mouse_dashboard.data.step import step_data, step_image
from mouse_dashboard.web.deps import RunnerDep
from mouse_dashboard.web.page_files import FOR_A_YEAR
from mouse_dashboard.web.routes.batches import BatchId

router = APIRouter(tags=["data"])


@router.get("/batches/{batch_id}/data", response_model=BatchData)
async def read_batch(batch_id: BatchId, request: Request, runner: RunnerDep) -> Response:
    """Episodes of a batch, and where the first entries stand that are not finite."""
    return await runner.run(request, batch_id, lambda context: read_batch_data(context.batch, context.token))


@router.post("/batches/{batch_id}/field", response_model=FieldFigures)
async def show_field(batch_id: BatchId, body: FieldRequest, request: Request, runner: RunnerDep) -> Response:
    """One component of a field over sequences and steps, as a map and a histogram."""
    return await runner.run(request, batch_id, lambda context: field_figures(context.batch, body))


@router.get("/batches/{batch_id}/step", response_model=StepData)
async def show_step(
    batch_id: BatchId, place: Annotated[PlaceQuery, Query()], request: Request, runner: RunnerDep
) -> Response:
    """Every field at one step."""
    return await runner.run(request, batch_id, lambda context: step_data(context.batch, place.row, place.step))


@router.get(
    "/batches/{batch_id}/image",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "One pixel per value."}},
)
async def show_image(
    batch_id: BatchId, query: Annotated[ImageQuery, Query()], request: Request, runner: RunnerDep
) -> Response:
    """One entry of a field as an image; the batch's id is its content, so a browser may keep it."""
    headers = {"Cache-Control": FOR_A_YEAR.replace("public", "private")}
    return await runner.run(
        request, batch_id, lambda context: Response(step_image(context.batch, query), 200, headers, "image/png")
    )
