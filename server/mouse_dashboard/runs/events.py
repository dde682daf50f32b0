"""What happens to runs, told to everybody who listens at that moment."""

import asyncio
from collections.abc import AsyncGenerator
from threading import RLock

from mouse_dashboard.runs.models import Event, Reload

MOST_WAITING = 1000
"""Events that wait for a slow listener; one who misses some reads everything anew."""


class Events:
    """Publish from any thread, listen on an event loop."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._lock = RLock()  # a signal may close while its own thread holds it
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def publish(self, event: Event) -> None:
        """Tell all who listen."""
        with self._lock:
            for listener in self._listeners:
                listener.tell(event)

    def close(self) -> None:
        """End every stream, those to come too: a server that waits for its streams would never stop."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.tell(None)

    async def listen(self) -> AsyncGenerator[Event]:
        """Everything from now on; first of all that what was before is not told."""
        listener = _Listener()
        with self._lock:
            self._listeners.add(listener)
            closed = self._closed
        try:
            yield Reload()
            while not closed and (event := await listener.waiting.get()) is not None:
                yield event
        finally:
            with self._lock:
                self._listeners.discard(listener)


class _Listener:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.waiting: asyncio.Queue[Event | None] = asyncio.Queue()

    def tell(self, event: Event | None) -> None:
        self._loop.call_soon_threadsafe(self._put, event)

    def _put(self, event: Event | None) -> None:
        if event is not None and self.waiting.qsize() >= MOST_WAITING:
            while not self.waiting.empty():
                self.waiting.get_nowait()
            event = Reload()
        self.waiting.put_nowait(event)
