"""Serve the page while the application loads: importing torch takes several times longer than serving a page."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.error_response import error_response
from mouse_dashboard.web.page_files import FOLDER, page_router
from mouse_dashboard.web.security.middleware import security_middleware
from mouse_dashboard.web.security.unhandled_errors import STOPPING

Load = Callable[[Sequence[Middleware]], FastAPI]
"""Makes the application behind this middleware; called in a thread."""


class LoadingApp:
    """Serves the page at once; all other requests wait until the application is loaded.

    Where the application cannot be loaded, `failure` says why, and `on_failure` is called.
    """

    on_failure: Callable[[], None]

    def __init__(self, settings: Settings, load: Load) -> None:
        self._middleware = security_middleware(settings)
        self._load = load
        self._root_path = settings.root_path
        self._page = FastAPI(middleware=self._middleware, openapi_url=None)
        self._page.include_router(page_router())
        self.failure: BaseException | None = None

    async def loaded(self) -> FastAPI:
        """Wait for the application; cancelled if the server stops first."""
        return await asyncio.shield(self._app)

    def end_streams(self) -> None:
        """Close the event streams, which would keep the server from stopping."""
        if self._app.done() and not self._app.cancelled():
            self._app.result().state.events.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or run the lifespan."""
        if scope["type"] == "lifespan":
            return await self._live(receive, send)
        app: ASGIApp = self._page
        if self._app.done() or not self._is_of_page(scope):
            try:
                app = await self.loaded()
            except asyncio.CancelledError:
                app = error_response(STOPPING)
        return await app(scope, receive, send)

    def _is_of_page(self, scope: Scope) -> bool:
        path = PurePosixPath(scope["path"].removeprefix(self._root_path))
        return scope["method"] in {"GET", "HEAD"} and path in _page_paths()

    async def _live(self, receive: Receive, send: Send) -> None:
        self._app: asyncio.Future[FastAPI] = asyncio.get_running_loop().create_future()
        await receive()
        stop = asyncio.Event()
        running = asyncio.create_task(self._run(stop))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        stop.set()
        if not self._app.done():
            running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await send({"type": "lifespan.shutdown.complete"})

    async def _run(self, stop: asyncio.Event) -> None:
        try:
            app = await run_sync(self._load, self._middleware, abandon_on_cancel=True)
            async with app.router.lifespan_context(app):
                self._app.set_result(app)
                await stop.wait()
        except BaseException as error:  # noqa: BLE001  whatever it is, the command line tells it
            self.failure = error
            self._app.cancel()
            self.on_failure()


def _page_paths(folder: Path = FOLDER) -> set[PurePosixPath]:
    """URL paths of the page's files: its folder and the assets folder."""
    files = (file for pattern in ("*", "assets/*") for file in folder.glob(pattern))
    return {PurePosixPath("/"), *(PurePosixPath("/", file.relative_to(folder)) for file in files)}
