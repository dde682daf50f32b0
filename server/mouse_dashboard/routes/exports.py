"""What leaves the dashboard: the screen as a script, every term as a file."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Json

from mouse_dashboard.case import Batch, Case
from mouse_dashboard.exports.file_names import attachment, batch_file, stem
from mouse_dashboard.exports.loading import of_batch, of_mapped
from mouse_dashboard.exports.models import Script, ScriptRequest
from mouse_dashboard.exports.script import script
from mouse_dashboard.exports.terms import terms_of
from mouse_dashboard.exports.terms_csv import csv_chunks
from mouse_dashboard.exports.terms_safetensors import safetensors_chunks
from mouse_dashboard.requests import Configs
from mouse_dashboard.routes.answering import answer
from mouse_dashboard.routes.batches import OCTETS, BatchId
from mouse_dashboard.viewed import given, loss_among
from mouse_dashboard.work import Ticket

router = APIRouter(tags=["exports"])

LossName = Annotated[str, Query(max_length=100, description="Name of the loss; it must be among the configs.")]
Format = Annotated[
    Literal["csv", "safetensors"],
    Query(alias="format", description="csv: one line per transition or step; safetensors: one tensor per term."),
]
ConfigsText = Annotated[Json[Configs], Query(description="Configs as JSON, as in the request of an evaluation.")]


@router.post("/batches/{batch_id}/script")
def copy_as_python(batch_id: BatchId, body: ScriptRequest, request: Request) -> Script:
    """Write a Python script that loads the downloaded batch and prints what the dashboard shows of these configs."""
    store = request.app.state.store
    told, python = store.info(batch_id), store.python_of(batch_id)
    if told.mapped_from and python:
        loading = of_mapped(python, told.mapped_from.mapping)
    else:
        loading = of_batch(batch_file(told.name))
    return Script(text=script(loading, given(body.configs), body.loss))


@router.get(
    "/batches/{batch_id}/terms",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}, OCTETS: {}}, "description": "The file."}},
)
async def download_terms(
    batch_id: BatchId, loss: LossName, ending: Format, configs: ConfigsText, request: Request
) -> Response:
    """Download every term of a loss at every transition or step, exactly as its evaluation computes it."""
    state = request.app.state

    def respond(batch: Batch, ticket: Ticket) -> Response:
        chosen = loss_among(given(configs), loss, "loss")
        terms = terms_of(Case(batch, chosen, given(configs)[loss]), state.evaluator.kept, ticket)
        name = attachment(f"{stem(state.store.info(batch_id).name)}-{loss}-terms.{ending}")
        if ending == "csv":
            return StreamingResponse(_in_turn(csv_chunks(terms), state.evaluations_at_once), 200, name, "text/csv")
        size, chunks = safetensors_chunks(terms)
        headers = name | {"Content-Length": str(size)}
        return StreamingResponse(_in_turn(chunks, state.evaluations_at_once), 200, headers, OCTETS)

    return await answer(request, batch_id, respond)


async def _in_turn(chunks: Iterator[bytes], at_once: CapacityLimiter) -> AsyncIterator[bytes]:
    """Each chunk waits for its place among the evaluations, so that a long download does not hold them up."""
    while chunk := await run_sync(next, chunks, b"", limiter=at_once):
        yield chunk
