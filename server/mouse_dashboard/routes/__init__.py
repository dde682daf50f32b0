"""Every router of the API: a new one is one line here."""

from mouse_dashboard.routes import (
    batches,
    data,
    doctor,
    evaluate,
    exports,
    formats,
    health,
    imports,
    losses,
    overview,
    runs,
)

ROUTERS = (
    health.router,
    losses.router,
    formats.router,
    batches.router,
    imports.router,
    evaluate.router,
    exports.router,
    data.router,
    overview.router,
    doctor.router,
    runs.router,
)
