"""Run one dashboard: bind the port, print the link, serve until stopped. Does not import torch."""

import asyncio
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from types import FrameType
from urllib.parse import urlencode

import uvicorn

from mouse_dashboard.settings import ANY_ADDRESS, Settings
from mouse_dashboard.tuning.malloc import keep_freed_memory
from mouse_dashboard.web.loading import Load, LoadingApp
from mouse_dashboard.web.page_files import NOT_BUILT, page_is_built
from mouse_dashboard.web.security.authority import Authority, bracketed
from mouse_dashboard.web.security.connections import timeout_protocol
from mouse_dashboard.web.security.open_files import raise_open_files
from mouse_dashboard.web.security.redirect_file import redirect_file

GRACE_SECONDS = 1
"""Grace period after Ctrl+C before open requests are cancelled."""
REDIRECT_SECONDS = 60
"""How long a browser has to read the file that sends it to the link."""
LAST_SECONDS = 1.5
"""The process ends this long after Ctrl+C, whatever still runs."""


def listen(settings: Settings) -> socket.socket:
    """Bind the port before any slow work.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    both = settings.host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((settings.host, settings.port), family=family, dualstack_ipv6=both)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        what = f"port {settings.port} on {settings.host}: {reason}; choose another with --port, or 0 for any"
        raise OSError(error.errno, what) from error


StartPage = Callable[[LoadingApp], Awaitable[Mapping[str, str]]]
"""What the printed link opens, as soon as that is known."""


def serve(
    settings: Settings, listening: socket.socket, load: Load, start_page: StartPage, *, open_browser: bool
) -> None:
    """Serve until Ctrl+C: the page at once, the API once loaded; the link is printed once its batch is known.

    Raises:
        Exception: whatever `load` raises.
    """
    keep_freed_memory()
    raise_open_files()
    if not page_is_built():
        print(f"mouse: {NOT_BUILT}", file=sys.stderr, flush=True)  # noqa: T201
    app = LoadingApp(settings, load)
    config = uvicorn.Config(
        app,
        http=timeout_protocol(),
        ws="none",  # there is none, and no limit would hold for it
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
    )
    port = listening.getsockname()[1]

    async def url() -> str:
        return link(settings, port, await start_page(app))

    server = _Server(config, url, app.end_streams, open_browser=open_browser, private=settings.token is not None)
    app.on_failure = server.stop
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn raises it again once it has shut down: the way it is meant to end
        return
    if app.failure is not None:
        raise app.failure


def link(settings: Settings, port: int, opened: Mapping[str, str]) -> str:
    """Return the URL with this query, which may name a batch or a scan, and with the token if one is set."""
    host = settings.host
    if host in ANY_ADDRESS:
        host = settings.allowed_hosts[0] if settings.allowed_hosts else "localhost"
    name = Authority.parse(bracketed(host) or host) or Authority(host, None)
    query = {**opened} | ({} if settings.token is None else {"token": settings.token.get_secret_value()})
    return f"http://{name.host}:{name.port or port}{settings.root_path}/?{urlencode(query)}"


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        url: Callable[[], Awaitable[str]],
        end_streams: Callable[[], None],
        *,
        open_browser: bool,
        private: bool,
    ) -> None:
        super().__init__(config)
        self._private = private
        self._stopped = threading.Event()
        self._url = url
        self._end_streams = end_streams
        self._open_browser = open_browser
        self._opening: threading.Thread | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._announcing = asyncio.create_task(self._announce())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancel open requests here: uvicorn's own timeout would log each as an error."""
        cut_off = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._cut_off)
        await super().shutdown(sockets)
        cut_off.cancel()
        self._stopped.set()
        if self._opening:
            self._opening.join(GRACE_SECONDS / 2)

    def stop(self) -> None:
        """Stop as Ctrl+C does."""
        self.should_exit = True

    def _cut_off(self) -> None:
        for request in self.server_state.tasks:
            request.cancel()

    async def _announce(self) -> None:
        try:
            url = await self._url()
        except asyncio.CancelledError:
            self.should_exit = True
            raise
        print(url, flush=True)  # noqa: T201
        if self._open_browser:
            self._opening = threading.Thread(target=self._open, args=(url,), daemon=True)
            self._opening.start()

    def _open(self, url: str) -> None:
        """Open through a private file: other users can see a browser's command line, so it must not hold the token."""
        with redirect_file(url) if self._private else nullcontext(url) as address:
            webbrowser.open(address)
            self._stopped.wait(REDIRECT_SECONDS if self._private else 0)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Exit without waiting for computing threads, as Python would: stopping them cannot harm stored data."""
        super().handle_exit(sig, frame)
        self._end_streams()
        last = threading.Timer(LAST_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()
