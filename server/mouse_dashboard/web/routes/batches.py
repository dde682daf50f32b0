"""Batches: send, list, show, download, delete."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse

from mouse.demo import make_demo_batch
from mouse_dashboard.exports.file_names import batch_file
from mouse_dashboard.schema.base import PRINTABLE, SHA256
from mouse_dashboard.schema.errors import ApiError, ErrorBody
from mouse_dashboard.store.demo_batch import stored_demo_batch
from mouse_dashboard.store.full_disk import refuse_full_disk
from mouse_dashboard.store.import_models import Import
from mouse_dashboard.store.models import BatchInfo, BatchList, LossFieldRequest
from mouse_dashboard.store.receiving import blocks_of
from mouse_dashboard.web.deps import EvaluatorDep, SettingsDep, StoreDep
from mouse_dashboard.web.routes.open_file import OpenFileResponse
from mouse_dashboard.web.security.body import lift_body_limit

router = APIRouter(tags=["batches"])

OCTETS = "application/octet-stream"
BatchId = Annotated[str, Path(pattern=SHA256, description="sha256 of the file as it was sent.")]
FileName = Annotated[
    str,
    Query(min_length=1, max_length=255, pattern=PRINTABLE, description="File name to show; never a path."),
]
Listed = Annotated[
    bool, Query(description="False for the batch of a snapshot, which is shown with its run and not in the list.")
]


@router.post(
    "/batches",
    status_code=201,
    response_model=BatchInfo,
    responses={
        200: {"model": BatchInfo, "description": "The same bytes were stored before."},
        202: {"model": Import, "description": "The file needs a mapping: it is stored until it is mapped."},
        429: {"model": ErrorBody, "description": "Too many other files are being read; Retry-After says when."},
        507: {"model": ErrorBody, "description": "The disk is full."},
    },
    openapi_extra={
        "requestBody": {"required": True, "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def upload_batch(  # noqa: PLR0913  the parts of the request and of the application
    request: Request,
    response: Response,
    store: StoreDep,
    settings: SettingsDep,
    name: FileName = "batch.safetensors",
    *,
    listed: Listed = True,
) -> BatchInfo | Response:
    """Store a batch: the raw bytes of a file in one of the formats.

    A file whose fields are called or laid out otherwise is kept until it is mapped.
    """
    sent_as = request.headers.get("content-type", OCTETS).partition(";")[0].strip().lower()
    if sent_as != OCTETS:
        raise ApiError(
            415,
            "not_octets",
            f"Content-Type: found {sent_as[:60]!r}, expected {OCTETS}; send the file's bytes as they are.",
        )
    lift_body_limit(request, settings.max_upload_bytes)

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    info, new = await store.receive(name, request.stream(), listed=listed, gone=gone)
    if isinstance(info, Import):
        return Response(info.model_dump_json(), 202, media_type="application/json")
    response.status_code = 201 if new else 200
    return info


@router.post(
    "/demo",
    status_code=201,
    responses={
        200: {"model": BatchInfo, "description": "It was stored before."},
        507: {"model": ErrorBody, "description": "The disk is full."},
    },
)
async def open_demo_batch(response: Response, store: StoreDep, settings: SettingsDep) -> BatchInfo:
    """Store the demo batch; the first time a small agent is trained for it, which takes some seconds."""
    with refuse_full_disk():
        file = await run_sync(stored_demo_batch, settings.data_dir, 0, make_demo_batch)
    info, new = await store.receive(file.name, blocks_of(file))
    assert isinstance(info, BatchInfo), "save_batch wrote it"  # noqa: S101
    response.status_code = 201 if new else 200
    return info


@router.get("/batches")
def list_batches(store: StoreDep) -> BatchList:
    """Every stored batch but those of runs, newest first."""
    return BatchList(batches=store.batches())


@router.get("/batches/{batch_id}")
def show_batch(batch_id: BatchId, store: StoreDep) -> BatchInfo:
    """Fields of a batch, what in them is not finite, and which losses can run on it."""
    return store.info(batch_id)


@router.get("/batches/{batch_id}/file", response_class=FileResponse)
def download_batch(batch_id: BatchId, store: StoreDep) -> OpenFileResponse:
    """Download the batch as a safetensors file."""
    name, file = store.open_file(batch_id)
    return OpenFileResponse(file, batch_file(name))


@router.put("/batches/{batch_id}/loss_field", responses={507: {"model": ErrorBody, "description": "The disk is full."}})
def name_loss_field(batch_id: BatchId, body: LossFieldRequest, store: StoreDep, evaluator: EvaluatorDep) -> BatchInfo:
    """Name the field of a batch that was recorded as the loss: its mean is the loss, other fields are the terms."""
    info = store.name_loss_field(batch_id, body.loss_field)
    evaluator.forget(batch_id)
    return info


@router.delete("/batches/{batch_id}", status_code=204)
def delete_batch(batch_id: BatchId, store: StoreDep, evaluator: EvaluatorDep) -> None:
    """Delete a batch and what is kept of it in memory."""
    store.delete(batch_id)
    evaluator.forget(batch_id)
