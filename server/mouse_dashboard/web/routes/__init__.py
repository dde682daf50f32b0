"""Every router of the API; a new router is one line here."""

from collections.abc import Iterator, Mapping

from fastapi import APIRouter

from mouse.losses.loss import AnyLoss
from mouse_dashboard.web.routes import (
    batches,
    data,
    doctor,
    evaluate,
    exports,
    formats,
    health,
    imports,
    overview,
    runs,
    scans,
)
from mouse_dashboard.web.routes.losses import losses_router


def routers(losses: Mapping[str, AnyLoss]) -> Iterator[APIRouter]:
    """Yield them in the order of the API's documentation."""
    yield health.router
    yield losses_router(losses)
    yield formats.router
    yield batches.router
    yield imports.router
    yield evaluate.router
    yield exports.router
    yield data.router
    yield overview.router
    yield doctor.router
    yield runs.router
    yield scans.router
