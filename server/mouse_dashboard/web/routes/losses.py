"""The catalogue of losses, and one endpoint per loss that validates its config."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.configs import resolve_configs
from mouse_dashboard.evaluate.catalogue import LossInfo, LossList, catalogue, catalogue_of_batch
from mouse_dashboard.schema.requests import LossesRequest
from mouse_dashboard.web.deps import RunnerDep
from mouse_dashboard.web.routes.batches import BatchId


def losses_router(losses: Mapping[str, AnyLoss]) -> APIRouter:
    """The routes of a loss registry."""
    router = APIRouter(tags=["losses"])

    @router.get("/losses")
    def list_losses(runner: RunnerDep) -> list[LossInfo]:  # pyright: ignore[reportUnusedFunction]
        """Every loss with the JSON Schema of its config, what it needs, its terms and figures."""
        return catalogue(runner.losses.values())

    @router.post("/batches/{batch_id}/losses", response_model=list[LossInfo])
    async def list_losses_of_batch(  # pyright: ignore[reportUnusedFunction]
        batch_id: BatchId, body: LossesRequest, request: Request, runner: RunnerDep
    ) -> Response:
        """Every loss as it is on a batch: with what a user's function computes there, under these configs."""
        configs = resolve_configs(body.configs, runner.losses)
        return await runner.run(request, batch_id, lambda context: LossList(catalogue_of_batch(context)), configs)

    for loss in losses.values():
        router.add_api_route(
            f"/losses/{loss.name}/config",
            _validate(loss),
            methods=["POST"],
            operation_id=f"validate_{loss.name}_config",
            response_model=loss.config,
        )
    return router


def _validate(loss: AnyLoss) -> Callable[..., Any]:
    def validate(config: Any) -> Any:
        return config

    validate.__doc__ = f"Validate a config of {loss.title}; fields left out are filled in with their defaults."
    validate.__annotations__ = {"config": loss.config, "return": loss.config}
    return validate
