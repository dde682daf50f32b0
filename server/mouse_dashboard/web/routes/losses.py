"""The catalogue of losses, and one endpoint per loss that validates its config."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter

from mouse.losses.loss import AnyLoss
from mouse_dashboard.evaluate.catalogue import LossInfo, catalogue


def losses_router(losses: Mapping[str, AnyLoss]) -> APIRouter:
    """The routes of a registry of losses."""
    router = APIRouter(tags=["losses"])

    @router.get("/losses")
    def list_losses() -> list[LossInfo]:  # pyright: ignore[reportUnusedFunction]
        """Every loss with the JSON Schema of its config, what it needs, its terms and figures."""
        return catalogue(losses.values())

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
