"""The overview of a batch."""

from fastapi import APIRouter, Request, Response

from mouse_dashboard.compute.configs import require_configs
from mouse_dashboard.overview.facts import batch_facts
from mouse_dashboard.overview.models import BatchFacts, Overview, OverviewRequest
from mouse_dashboard.overview.overview import overview
from mouse_dashboard.web.deps import RunnerDep
from mouse_dashboard.web.routes.batches import BatchId

router = APIRouter(tags=["overview"])


@router.get("/batches/{batch_id}/facts", response_model=BatchFacts)
async def show_facts(batch_id: BatchId, request: Request, runner: RunnerDep) -> Response:
    """Sizes, episodes, done codes and rewards of a batch."""
    return await runner.run(request, batch_id, batch_facts)


@router.post("/batches/{batch_id}/overview", response_model=Overview)
async def show_overview(batch_id: BatchId, body: OverviewRequest, request: Request, runner: RunnerDep) -> Response:
    """Losses with the norms of their gradients, and what to look at first."""
    return await runner.run(request, batch_id, overview, require_configs(body.configs, runner.losses))
