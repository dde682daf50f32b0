"""Events of runs, broadcast to all current listeners."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from threading import RLock
from typing import NamedTuple

from mouse_dashboard.runs.models import Event, Reload

MOST_WAITING = 1000
"""Events that wait for a slow listener; one who misses some reads everything anew."""


class Message(NamedTuple):
    """An event with its encoded bytes, shared by all listeners."""

    event: Event
    encoded: bytes


def encode(event: Event) -> Message:
    """Encode an event as a [server-sent event](https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    return Message(event, f"data: {event.model_dump_json()}\n\n".encode())


RELOAD = encode(Reload())


class Events:
    """Publish from any thread, listen on an event loop."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._lock = RLock()  # a signal may close while its own thread holds it
        self._closed = False

    @property
    def listeners(self) -> int:
        """Number of listeners."""
        return len(self._listeners)

    def publish(self, event: Event) -> None:
        """Send an event to all listeners."""
        self._send(encode(event))

    def close(self) -> None:
        """End every stream, also later ones: the server waits for open streams when it stops."""
        with self._lock:
            self._closed = True
            self._send(None)

    def _send(self, message: Message | None) -> None:
        """Wake each event loop once, regardless of its number of listeners."""
        with self._lock:
            loops: dict[asyncio.AbstractEventLoop, list[_Listener]] = {}
            for listener in self._listeners:
                loops.setdefault(listener.loop, []).append(listener)
            for loop, listeners in loops.items():  # under the lock: a loop that closes has no listener any more
                loop.call_soon_threadsafe(_put, listeners, message)

    async def listen(self) -> AsyncGenerator[Message]:
        """Yield a first `reload`, then every event from now on; earlier events are not sent."""
        async with aclosing(self.listen_in_chunks()) as chunks:
            async for messages in chunks:
                for message in messages:
                    yield message

    async def listen_in_chunks(self, seconds: float | None = None) -> AsyncGenerator[list[Message]]:
        """As `listen`, in lists of all waiting events; an empty list after `seconds` without one."""
        listener = _Listener()
        with self._lock:
            self._listeners.add(listener)
            closed = self._closed
        try:
            yield [RELOAD]
            while not closed:
                received = await listener.receive(seconds)
                closed = None in received
                messages = [message for message in received if message is not None]
                if messages or not closed:
                    yield messages
        finally:
            with self._lock:
                self._listeners.discard(listener)


class _Listener:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: asyncio.Queue[Message | None] = asyncio.Queue()

    async def receive(self, seconds: float | None) -> list[Message | None]:
        """Everything that waits, once there is something; nothing if that takes longer."""
        try:
            async with asyncio.timeout(seconds):
                messages = [await self.waiting.get()]
        except TimeoutError:
            return []
        while not self.waiting.empty():
            messages.append(self.waiting.get_nowait())
        return messages


def _put(listeners: list[_Listener], message: Message | None) -> None:
    for listener in listeners:
        waiting, received = listener.waiting, message
        if received is not None and waiting.qsize() >= MOST_WAITING:
            while not waiting.empty():
                waiting.get_nowait()
            received = RELOAD
        waiting.put_nowait(received)
