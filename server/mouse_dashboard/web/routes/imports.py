"""Files of other libraries: show their fields, preview a mapping, and map them to a batch."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Response
from pydantic import TypeAdapter

from mouse.mapping import TARGETS, Mapping
from mouse_dashboard.imports.models import MappingForm, MappingRequest, Preview, TargetInfo
from mouse_dashboard.imports.preview import preview
from mouse_dashboard.schema.base import SHA256
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.store.import_models import Import
from mouse_dashboard.store.models import BatchInfo
from mouse_dashboard.web.deps import RunnerDep, StoreDep

router = APIRouter(tags=["imports"])

ImportId = Annotated[str, Path(pattern=SHA256, description="sha256 of the file as it was sent.")]


@router.get("/mapping")
def show_mapping_form() -> MappingForm:
    """The mapping form: mouse's fields that a file may provide, and the JSON Schema of the other options."""
    targets = [
        TargetInfo.model_validate(
            {"name": name, "doc": target.doc, "group": target.group, "of_transition": target.of_transition}
        )
        for name, target in TARGETS.items()
    ]
    return MappingForm(targets=targets, parts=TypeAdapter(Mapping).json_schema())


@router.get("/imports/{import_id}")
async def show_import(import_id: ImportId, store: StoreDep, runner: RunnerDep) -> Import:
    """The fields of a file that waits for a mapping, and the suggested mapping."""
    return await run_sync(store.imports.info, import_id, limiter=runner.limiter)


@router.post("/imports/{import_id}/preview")
async def preview_import(import_id: ImportId, body: MappingRequest, store: StoreDep, runner: RunnerDep) -> Preview:
    """Preview a mapping of a file; nothing is stored."""

    def previewed() -> Preview:
        return preview(store.imports.fields(import_id), body.mapping, runner.losses)

    return await run_sync(previewed, limiter=runner.limiter)


@router.post(
    "/imports/{import_id}/batch",
    status_code=201,
    responses={
        200: {"model": BatchInfo, "description": "The same mapping of the same bytes was stored before."},
        507: {"model": ErrorBody, "description": "The disk is full."},
    },
)
async def map_import(import_id: ImportId, body: MappingRequest, response: Response, store: StoreDep) -> BatchInfo:
    """Map a file to a batch; the mapping is suggested for the next file with these fields."""
    info, new = await store.map_import(import_id, body.mapping)
    response.status_code = 201 if new else 200
    return info


@router.delete("/imports/{import_id}", status_code=204)
def delete_import(import_id: ImportId, store: StoreDep) -> None:
    """Delete a file that waits for a mapping."""
    store.imports.delete(import_id)
