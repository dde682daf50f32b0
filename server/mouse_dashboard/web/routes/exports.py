"""Exports: the screen as a script, every term as a file."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Json

from mouse_dashboard.compute.configs import require_configs
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.evaluate.view import require_loss
from mouse_dashboard.exports.file_names import attachment, batch_file, stem
from mouse_dashboard.exports.load_snippet import batch_snippet, mapped_snippet, recorded_mean
from mouse_dashboard.exports.models import Script, ScriptRequest
from mouse_dashboard.exports.script import write_script
from mouse_dashboard.exports.terms import terms_of
from mouse_dashboard.exports.terms_csv import csv_chunks
from mouse_dashboard.exports.terms_safetensors import safetensors_chunks
from mouse_dashboard.schema.requests import Configs
from mouse_dashboard.web.deps import RunnerDep, StoreDep
from mouse_dashboard.web.routes.batches import OCTETS, BatchId

router = APIRouter(tags=["exports"])

LossName = Annotated[str, Query(max_length=100, description="Name of the loss; it must be among the configs.")]
Format = Annotated[
    Literal["csv", "safetensors"],
    Query(alias="format", description="csv: one line per transition or step; safetensors: one tensor per term."),
]
ConfigsText = Annotated[Json[Configs], Query(description="Configs as JSON, as in the request of an evaluation.")]


@router.post("/batches/{batch_id}/script")
def copy_as_python(batch_id: BatchId, body: ScriptRequest, store: StoreDep, runner: RunnerDep) -> Script:
    """Write a Python script that loads the downloaded batch and prints what the dashboard shows of these configs."""
    info, python = store.info(batch_id), store.python_of(batch_id)
    if info.mapped_from and python:
        loading = mapped_snippet(python, info.mapped_from.mapping)
    else:
        loading = batch_snippet(batch_file(info.name))
    configs = require_configs(body.configs, runner.losses)
    loading = loading._replace(recorded=recorded_mean(info))
    return Script(text=write_script(loading, configs, body.loss, runner.losses, flat=info.S == 1))


@router.get(
    "/batches/{batch_id}/terms",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}, OCTETS: {}}, "description": "The file."}},
)
async def download_terms(  # noqa: PLR0913, PLR0917  one parameter per part of the query, and the parts of the application
    batch_id: BatchId,
    loss: LossName,
    ending: Format,
    configs: ConfigsText,
    request: Request,
    store: StoreDep,
    runner: RunnerDep,
) -> Response:
    """Download every term of a loss at every transition or step, exactly as its evaluation computes it."""

    def respond(context: EvaluationContext) -> Response:
        job = context.job(require_loss(context.configs, loss, "loss"))
        terms = terms_of(job, context.cache, context.token)
        name = attachment(f"{stem(store.info(batch_id).name)}-{loss}-terms.{ending}")
        if ending == "csv":
            return StreamingResponse(_in_turn(csv_chunks(terms), runner.limiter), 200, name, "text/csv")
        size, chunks = safetensors_chunks(terms)
        headers = name | {"Content-Length": str(size)}
        return StreamingResponse(_in_turn(chunks, runner.limiter), 200, headers, OCTETS)

    return await runner.run(request, batch_id, respond, require_configs(configs, runner.losses))


async def _in_turn(chunks: Iterator[bytes], at_once: CapacityLimiter) -> AsyncIterator[bytes]:
    """Each chunk queues with the evaluations, so that a long download does not block them."""
    while chunk := await run_sync(next, chunks, b"", limiter=at_once):
        yield chunk
