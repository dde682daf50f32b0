"""Whether the service is there."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from mouse import __version__

router = APIRouter(tags=["health"])


class ServiceHealth(BaseModel):
    """The answer of a running service."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: Literal["ok"] = "ok"
    """It answers, so it is."""
    version: str = __version__
    """Version of mouse."""


@router.get("/health")
async def health() -> ServiceHealth:
    """Answer at once, on the event loop, whatever the worker threads compute."""
    return ServiceHealth()
