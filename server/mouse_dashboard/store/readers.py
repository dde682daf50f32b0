"""Readers beside the threads of the routes: two at once, a few that wait, and 429 for the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from mouse_dashboard.reading import Fields, Limits, read_fields
from mouse_dashboard.reading.cancellation import Cancellation, ReadCancelledError
from mouse_dashboard.reading.formats import SAFETENSORS, Format
from mouse_dashboard.schema.errors import RetryLaterError

AT_ONCE = 2
WAITING = 16
RETRY_SECONDS = 5

Gone = Callable[[], Awaitable[None]]
"""Returns when the client has gone away."""


async def never() -> None:
    """Wait for a client that stays."""
    await asyncio.Event().wait()


class Readers:
    """Reads files that come in. A native file is only checked, which takes no time, and so does not wait here."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "reader")
        self._lock = Lock()
        self._admitted: set[Cancellation] = set()
        """Those that are read, and those that wait."""

    def admit(self, found: Format) -> None:
        """Refuse a file, best before it has arrived.

        Raises:
            RetryLaterError: too many others are read.
        """
        if found is not SAFETENSORS and len(self._admitted) >= AT_ONCE + WAITING:
            raise _busy(len(self._admitted))

    async def read(self, found: Format, received: Path, name: str, limits: Limits, gone: Gone) -> Fields:
        """Read a file; the reader is ended when the client has gone or this task is cancelled.

        Raises:
            ApiError: 413, 415, 422 or 429 (RetryLaterError).
            ReadCancelledError: the client has gone.
        """
        if found is SAFETENSORS:
            return await asyncio.to_thread(read_fields, received, name, received.parent, limits)
        with self._place(found) as cancellation:
            reading = self._threads.submit(read_fields, received, name, received.parent, limits, cancellation)
            await _end(reading, cancellation, gone)
        if reading.cancelled():
            raise ReadCancelledError
        return reading.result()

    def close(self) -> None:
        """End what still runs."""
        with self._lock:
            for cancellation in self._admitted:
                cancellation.cancel()
        self._threads.shutdown(cancel_futures=True)

    @contextmanager
    def _place(self, found: Format) -> Generator[Cancellation]:
        cancellation = Cancellation()
        with self._lock:
            self.admit(found)
            self._admitted.add(cancellation)
        try:
            yield cancellation
        finally:
            with self._lock:
                self._admitted.discard(cancellation)


async def _end(reading: Future[Fields], cancellation: Cancellation, gone: Gone) -> None:
    """Wait until the file was read, or is not read any more because nobody waits for it."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    reading.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))

    async def watch() -> None:
        await gone()
        cancellation.cancel()
        reading.cancel()

    watcher = asyncio.create_task(watch())
    try:
        await ended.wait()
    finally:
        watcher.cancel()
        cancellation.cancel()
        if not reading.cancel():
            await ended.wait()  # the file is removed afterwards


def _busy(count: int) -> RetryLaterError:
    found = f"found {count} other files being read, expected fewer; send it again in {RETRY_SECONDS} s"
    return RetryLaterError(RETRY_SECONDS, "readers_busy", f"file: {found}.", "file")
