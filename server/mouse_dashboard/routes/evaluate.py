"""The heart of the service: evaluate losses on a batch, and look at one transition."""

from fastapi import APIRouter, Request, Response

from mouse_dashboard.answer import evaluate_request
from mouse_dashboard.case import Batch
from mouse_dashboard.evaluation import Evaluator
from mouse_dashboard.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.results import Evaluation, Transition
from mouse_dashboard.routes.answering import answer, as_json
from mouse_dashboard.routes.batches import BatchId
from mouse_dashboard.transition import transition_request

router = APIRouter(tags=["evaluate"])


@router.post("/batches/{batch_id}/evaluate", response_model=Evaluation)
async def evaluate(batch_id: BatchId, body: EvaluateRequest, request: Request) -> Response:
    """Evaluate losses under their configs: numbers and figures of one answer belong together."""
    evaluator: Evaluator = request.app.state.evaluator
    store = request.app.state.store

    def open_batch(other: str) -> Batch:
        return Batch(other, *store.open(other))

    return await answer(
        request, batch_id, lambda batch, ticket: as_json(evaluate_request(batch, body, evaluator, ticket, open_batch))
    )


@router.post("/batches/{batch_id}/transition", response_model=Transition)
async def transition(batch_id: BatchId, body: TransitionRequest, request: Request) -> Response:
    """Every term of a loss at one transition, in order of computation."""
    evaluator: Evaluator = request.app.state.evaluator
    return await answer(
        request, batch_id, lambda batch, ticket: as_json(transition_request(batch, body, evaluator, ticket))
    )
