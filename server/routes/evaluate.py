"""The heart of the service: evaluate losses on a batch, and look at one transition."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from server.answer import evaluate_request
from server.case import Batch
from server.evaluation import Evaluator
from server.requests import EvaluateRequest, TransitionRequest
from server.results import Evaluation, Transition
from server.routes.batches import BatchId
from server.transition import transition_request
from server.work import AbandonedError, Ticket, in_thread

router = APIRouter(tags=["evaluate"])


@router.post("/batches/{batch_id}/evaluate", response_model=Evaluation)
async def evaluate(batch_id: BatchId, body: EvaluateRequest, request: Request) -> Response:
    """Evaluate losses under their configs: numbers and figures of one answer belong together."""
    evaluator: Evaluator = request.app.state.evaluator
    store = request.app.state.store

    def open_batch(other: str) -> Batch:
        return Batch(other, *store.open(other))

    return await _answer(
        request, batch_id, lambda batch, ticket: evaluate_request(batch, body, evaluator, ticket, open_batch)
    )


@router.post("/batches/{batch_id}/transition", response_model=Transition)
async def transition(batch_id: BatchId, body: TransitionRequest, request: Request) -> Response:
    """Every term of a loss at one transition, in order of computation."""
    evaluator: Evaluator = request.app.state.evaluator
    return await _answer(request, batch_id, lambda batch, ticket: transition_request(batch, body, evaluator, ticket))


async def _answer(request: Request, batch_id: str, answer: Callable[[Batch, Ticket], BaseModel]) -> Response:
    """Models are written out by pydantic itself: FastAPI's own encoder would turn NaN into null."""
    state = request.app.state

    def work(ticket: Ticket) -> str:
        ticket.check()
        batch = Batch(batch_id, *state.store.open(batch_id))
        try:
            return answer(batch, ticket).model_dump_json()
        finally:
            if not state.store.has(batch_id):  # deleted meanwhile: what was kept of it would hold its file
                state.evaluator.kept.forget(batch_id)

    try:
        body = await in_thread(request, state.settings.time_limit_seconds, state.evaluations_at_once, work)
    except AbandonedError:
        return Response(status_code=499)  # nobody reads it
    return Response(body, media_type="application/json")
