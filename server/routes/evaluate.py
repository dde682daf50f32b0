"""The heart of the service: evaluate losses on a batch, and look at one transition."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from server.answer import evaluate_request
from server.evaluation import Batch
from server.models import EvaluateRequest, Evaluation, Transition, TransitionRequest
from server.routes.batches import BatchId
from server.transition import transition_request
from server.work import AbandonedError, Ticket, in_thread

router = APIRouter(tags=["evaluate"])


@router.post("/batches/{batch_id}/evaluate", response_model=Evaluation)
async def evaluate(batch_id: BatchId, body: EvaluateRequest, request: Request) -> Response:
    """Evaluate losses under their configs: numbers and figures of one answer belong together."""
    state = request.app.state

    def work(ticket: Ticket) -> str:
        batch = Batch(batch_id, *state.store.open(batch_id))
        return evaluate_request(batch, body, state.evaluator, ticket).model_dump_json()

    return await _answer(request, work)


@router.post("/batches/{batch_id}/transition", response_model=Transition)
async def transition(batch_id: BatchId, body: TransitionRequest, request: Request) -> Response:
    """Every term of a loss at one transition, in order of computation."""
    state = request.app.state

    def work(ticket: Ticket) -> str:
        batch = Batch(batch_id, *state.store.open(batch_id))
        return transition_request(batch, body, state.evaluator, ticket).model_dump_json()

    return await _answer(request, work)


async def _answer(request: Request, work: Callable[[Ticket], str]) -> Response:
    """Models are written out by pydantic itself: FastAPI's own encoder would turn NaN into null."""
    try:
        body = await in_thread(request, request.app.state.settings.time_limit_seconds, work)
    except AbandonedError:
        return Response(status_code=499)  # nobody reads it
    return Response(body, media_type="application/json")
