"""What one sees first of a batch."""

from fastapi import APIRouter, Request, Response

from mouse_dashboard.overview.facts import batch_facts
from mouse_dashboard.overview.models import BatchFacts, Overview, OverviewRequest
from mouse_dashboard.overview.overview import overview_request
from mouse_dashboard.routes.answering import answer, as_json
from mouse_dashboard.routes.batches import BatchId

router = APIRouter(tags=["overview"])


@router.get("/batches/{batch_id}/facts", response_model=BatchFacts)
async def show_facts(batch_id: BatchId, request: Request) -> Response:
    """Sizes, episodes, done codes and rewards of a batch."""
    kept = request.app.state.evaluator.kept
    return await answer(request, batch_id, lambda batch, _ticket: as_json(batch_facts(batch, kept)))


@router.post("/batches/{batch_id}/overview", response_model=Overview)
async def show_overview(batch_id: BatchId, body: OverviewRequest, request: Request) -> Response:
    """Losses with the lengths of their gradients, and what to look at first."""
    evaluator = request.app.state.evaluator
    return await answer(
        request, batch_id, lambda batch, ticket: as_json(overview_request(batch, body, evaluator, ticket))
    )
