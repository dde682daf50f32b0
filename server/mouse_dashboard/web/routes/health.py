"""Health check."""

from typing import Literal

from fastapi import APIRouter

from mouse import __version__
from mouse_dashboard.schema.base import ResponseModel

router = APIRouter(tags=["health"])


class ServiceHealth(ResponseModel):
    """The answer of a running service."""

    status: Literal["ok"] = "ok"
    """It answers, so it is."""
    version: str = __version__
    """Version of mouse."""


@router.get("/health")
async def health() -> ServiceHealth:
    """Respond at once, on the event loop, even while all worker threads are busy."""
    return ServiceHealth()
