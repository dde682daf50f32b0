"""Evaluate losses on a batch, and show one transition."""

from fastapi import APIRouter, Request, Response

from mouse_dashboard.compute.configs import require_configs, resolve_configs
from mouse_dashboard.evaluate.service import evaluate_request
from mouse_dashboard.evaluate.transition import transition_request
from mouse_dashboard.schema.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.schema.results import Evaluation, Transition
from mouse_dashboard.web.deps import RunnerDep
from mouse_dashboard.web.routes.batches import BatchId

router = APIRouter(tags=["evaluate"])


@router.post("/batches/{batch_id}/evaluate", response_model=Evaluation)
async def evaluate(batch_id: BatchId, body: EvaluateRequest, request: Request, runner: RunnerDep) -> Response:
    """Evaluate losses under their configs: numbers and figures of one answer belong together."""
    configs = require_configs(body.configs, runner.losses)
    return await runner.run(
        request, batch_id, lambda context: evaluate_request(context, body, runner.open_batch), configs
    )


@router.post("/batches/{batch_id}/transition", response_model=Transition)
async def transition(batch_id: BatchId, body: TransitionRequest, request: Request, runner: RunnerDep) -> Response:
    """Every term of a loss at one transition, in order of computation."""
    configs = resolve_configs(body.configs, runner.losses)
    return await runner.run(request, batch_id, lambda context: transition_request(context, body), configs)
