"""The catalogue of losses, and one endpoint per loss that validates its config."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from mouse_dashboard.catalogue import LossInfo, catalogue

router = APIRouter(tags=["losses"])


@router.get("/losses")
def list_losses() -> list[LossInfo]:
    """Every loss with the JSON Schema of its config, what it needs, its terms and figures."""
    return catalogue()


def _validate(loss: AnyLoss) -> Callable[..., Any]:
    def validate(config: Any) -> Any:
        return config

    validate.__doc__ = f"Validate a config of {loss.title}; fields left out are filled in with their defaults."
    validate.__annotations__ = {"config": loss.config, "return": loss.config}
    return validate


for _loss in LOSSES.values():
    router.add_api_route(
        f"/losses/{_loss.name}/config",
        _validate(_loss),
        methods=["POST"],
        operation_id=f"validate_{_loss.name}_config",
        response_model=_loss.config,
    )
