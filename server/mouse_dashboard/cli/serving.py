"""Running one dashboard: take the port, store the files, print the link, serve until told to stop."""

import asyncio
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from urllib.parse import urlencode

import anyio
import uvicorn
from anyio.to_thread import run_sync

from mouse.errors import BatchError, MissingFieldError
from mouse.losses.registered import all_losses
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.cli.errors import echo
from mouse_dashboard.cli.malloc_tuning import keep_freed_memory
from mouse_dashboard.cli.mapping_options import Given
from mouse_dashboard.cli.resolve_mapping import decided, say
from mouse_dashboard.runs.events import Events
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.settings import ANY_ADDRESS, Settings
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.import_models import Import
from mouse_dashboard.store.imports import REMEMBERED
from mouse_dashboard.store.receiving import blocks_of, sha256_of
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.page_files import NOT_BUILT, page_is_built
from mouse_dashboard.web.security.authority import Authority, bracketed
from mouse_dashboard.web.security.connections import patient_protocol
from mouse_dashboard.web.security.open_files import raise_open_files
from mouse_dashboard.web.security.redirect_file import redirect_file

GRACE_SECONDS = 1
"""What is not done then after Ctrl+C is cut off."""
REDIRECT_SECONDS = 60
"""How long a browser has to read the file that sends it to the link."""
LAST_SECONDS = 1.5
"""When the process ends, whatever still runs."""


def listen(settings: Settings) -> socket.socket:
    """Take the port before anything that takes long.

    Raises:
        OSError: it is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    both = settings.host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((settings.host, settings.port), family=family, dualstack_ipv6=both)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        what = f"port {settings.port} on {settings.host}: {reason}; choose another with --port, or 0 for any"
        raise OSError(error.errno, what) from error


def store_files(settings: Settings, files: Sequence[Path], given: Given, *, own_losses: bool = False) -> list[str]:
    """Store files as an upload does, mapped where they are no batches, and return their batch ids.

    Raises:
        ApiError: a file cannot be kept, or it is not certain how it becomes a batch; the message names it.
    """

    async def store_all() -> list[str]:
        with BatchStore(settings.data_dir, settings.limits) as store:
            return [batch_id for file in files if (batch_id := await _store(store, file, given, own_losses))]

    return anyio.run(store_all)


async def _store(store: BatchStore, file: Path, given: Given, own_losses: bool) -> str | None:
    """Store a file, unless it is stored already; on a full disk go on without it, so that others can be deleted."""
    name = file.name.encode("utf-8", "replace").decode()
    try:
        if not given and store.list_batch(known := await run_sync(sha256_of, file)):
            return known
        info, new = await store.receive(name, blocks_of(file), accept_native=not given)
        return await _map(store, file, info, given, own_losses, forget=new) if isinstance(info, Import) else info.id
    except (ApiError, BatchError, MissingFieldError) as error:
        if isinstance(error, ApiError) and error.body.status == 507:
            echo(f"mouse: {file}: found no room for it in the data folder; delete batches on the page.", err=True)
            return None
        raise ApiError(422, "broken_file", f"{file}: {str(error).removeprefix('file: ')}") from error


async def _map(  # noqa: PLR0913  a file, and how it is mapped
    store: BatchStore, file: Path, waiting: Import, given: Given, own_losses: bool, *, forget: bool
) -> str:
    """Map a file by what is said, remembered or certain; one that just came does not wait where nobody sees it."""
    try:
        remembered = waiting.remembered and not given
        mapping = (
            waiting.mapping if remembered else decided(store.imports.fields(waiting.id), given, own_losses=own_losses)
        )
        info, _ = await store.map_import(waiting.id, mapping)
    finally:
        if forget:
            store.imports.delete(waiting.id)
    say(file, (*([REMEMBERED] if remembered else []), *(info.mapped_from.notes if info.mapped_from else [])))
    return info.id


First = Callable[[Events], Awaitable[Mapping[str, str]]]
"""What the printed link opens, as soon as that is known."""


def serve(
    settings: Settings,
    listening: socket.socket,
    first: First,
    *,
    open_browser: bool,
    functions: Sequence[FunctionAddress] = (),
) -> None:
    """Serve until Ctrl+C; the link is printed once the dashboard answers and has what the link opens."""
    keep_freed_memory()
    raise_open_files()
    if not page_is_built():
        print(f"mouse: {NOT_BUILT}", file=sys.stderr, flush=True)  # noqa: T201
    app = create_app(settings, all_losses(), functions)
    config = uvicorn.Config(
        app,
        http=patient_protocol(),
        ws="none",  # there is none, and no limit would hold for it
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
    )
    port = listening.getsockname()[1]

    async def url() -> str:
        return link(settings, port, await first(app.state.events))

    server = _Server(config, url, app.state.events.close, open_browser=open_browser, private=settings.token is not None)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn raises it again once it has shut down: the way it is meant to end
        return


def opening(batch_id: str | None) -> First:
    """Open a batch that is stored, or the page alone."""

    async def first(_events: Events) -> Mapping[str, str]:
        return {} if batch_id is None else {"batch": batch_id}

    return first


def link(settings: Settings, port: int, opened: Mapping[str, str]) -> str:
    """Return the address that opens a batch or what else the page is asked for, with the token if one is set."""
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
        """Cut requests off here: uvicorn's own limit would log each as an error."""
        cut_off = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._cut_off)
        await super().shutdown(sockets)
        cut_off.cancel()
        self._stopped.set()
        if self._opening:
            self._opening.join(GRACE_SECONDS / 2)

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
        """Other users of the machine see the command line of a browser, which is no place for a token."""
        with redirect_file(url) if self._private else nullcontext(url) as address:
            webbrowser.open(address)
            self._stopped.wait(REDIRECT_SECONDS if self._private else 0)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Python waits for threads that still compute; nothing stored can be harmed by not waiting."""
        super().handle_exit(sig, frame)
        self._end_streams()
        last = threading.Timer(LAST_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()
