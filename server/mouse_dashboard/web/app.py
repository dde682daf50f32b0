"""The application: assembles settings, store and evaluator; routes under /api, the page at /."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from anyio.to_thread import run_sync
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from mouse import __version__
from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.compute.device import DevicePlacement, unavailable_reason
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.functions.registry import LossRegistry
from mouse_dashboard.compute.functions.watch import watch_functions
from mouse_dashboard.runs.events import Events
from mouse_dashboard.runs.models import LossesEvent
from mouse_dashboard.runs.retention import RetentionLimits
from mouse_dashboard.runs.snapshot_worker import SnapshotWorker
from mouse_dashboard.runs.store import RunStore
from mouse_dashboard.runs.webhook import Webhook
from mouse_dashboard.scan.library import ScanLibrary
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.settings import Settings
from mouse_dashboard.store import BatchStore
from mouse_dashboard.web.handlers import install_handlers
from mouse_dashboard.web.openapi import describe_registry
from mouse_dashboard.web.page_files import page_router
from mouse_dashboard.web.routes import routers
from mouse_dashboard.web.run_on_batch import BatchRunner
from mouse_dashboard.web.security.middleware import security_middleware


def create_app(
    settings: Settings | None = None,
    losses: Mapping[str, AnyLoss] = LOSSES,
    functions: Sequence[FunctionAddress] = (),
    scans: Sequence[Path] = (),
    middleware: Sequence[Middleware] | None = None,
) -> FastAPI:
    """Create the dashboard's application for declared losses, the operator's loss functions, and their scans.

    `middleware` runs before every route; a new `security_middleware` if None.

    Raises:
        ValidationError: (a ValueError) the environment's `MOUSE_*` settings are invalid.
        ValueError: the device is unavailable.
    """
    settings = settings or Settings()
    if sentence := unavailable_reason(settings.device):
        raise ValueError(sentence)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        registry = LossRegistry(losses, functions, settings.function_seconds, settings.function_bytes)
        app.state.store = await run_sync(BatchStore, settings.data_dir, settings.limits, registry, functions)
        app.state.store.quarantine.report()
        stop_watching = asyncio.Event()
        watcher = asyncio.create_task(
            watch_functions(registry, lambda: app.state.events.publish(LossesEvent()), stop_watching)
        )
        placement = DevicePlacement(settings.device, settings.device_bytes)
        app.state.evaluator = Evaluator(settings.cache_bytes, registry, placement)
        app.state.runner = BatchRunner(app.state.store, app.state.evaluator, settings.time_limit_seconds)
        limits = RetentionLimits(settings.keep_snapshots, settings.keep_snapshot_bytes)
        app.state.runs = RunStore(app.state.store, limits, app.state.events, app.state.evaluator.forget)
        webhook = None if settings.notify is None else Webhook(settings.notify.get_secret_value())
        app.state.snapshot_worker = SnapshotWorker(
            app.state.runs,
            app.state.store,
            settings.time_limit_seconds,
            registry,
            *([webhook.send] if webhook else []),
        )
        app.state.snapshot_worker.start()
        yield
        app.state.events.close()
        stop_watching.set()
        await watcher
        await run_sync(registry.close)
        await run_sync(app.state.snapshot_worker.close)
        if webhook is not None:
            webhook.close()
        app.state.store.close()

    app = FastAPI(
        title="mouse",
        version=__version__,
        summary="Reinforcement-learning losses on your own batch, with every intermediate.",
        lifespan=lifespan,
        middleware=security_middleware(settings) if middleware is None else middleware,
        root_path_in_servers=False,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,  # the redirect would name the host as a proxy sees it
        docs_url=None,  # its scripts come from another host
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        responses={"4XX": {"model": ErrorBody, "description": "What was wrong with the request."}},
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.settings = settings
    app.state.events = Events()
    app.state.scans = ScanLibrary(scans)
    install_handlers(app)
    for router in routers(losses):
        app.include_router(router, prefix="/api")
    app.include_router(page_router())
    describe_registry(app, losses)
    return app


def _operation_id(route: APIRoute) -> str:
    """Name operations after their functions: that is what generated clients call them."""
    return route.name
