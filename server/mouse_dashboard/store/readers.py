"""A pool of file readers, separate from the route threads: two run, a few wait, the rest get 429."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from mouse_dashboard.reading import Fields, FileLimits, read_fields
from mouse_dashboard.reading.cancellation import Cancellation, ReadCancelledError
from mouse_dashboard.reading.formats import SAFETENSORS, Format
from mouse_dashboard.schema.errors import RetryLaterError

AT_ONCE = 2
WAITING = 16
RETRY_SECONDS = 5

Gone = Callable[[], Awaitable[None]]
"""Returns when the client has gone away."""


async def wait_forever() -> None:
    """A disconnect signal that never comes."""
    await asyncio.Event().wait()


class ReaderPool:
    """Reads uploaded files. Native files do not wait here: checking them is fast."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "reader")
        self._lock = Lock()
        self._admitted: set[Cancellation] = set()
        """Those that are read, and those that wait."""

    def admit(self, found: Format) -> None:
        """Refuse a file if the pool is busy, best called before the upload.

        Raises:
            RetryLaterError: the pool is busy.
        """
        if found is not SAFETENSORS and len(self._admitted) >= AT_ONCE + WAITING:
            raise _busy(len(self._admitted))

    async def read(self, found: Format, received: Path, name: str, limits: FileLimits, gone: Gone) -> Fields:
        """Read a file; the reader is killed when the client disconnects or this task is cancelled.

        Raises:
            ApiError: 413, 415, 422 or 429 (RetryLaterError).
            ReadCancelledError: the client disconnected.
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
        """Kill running readers."""
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
    """Wait until the file is read, or the read is cancelled."""
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
