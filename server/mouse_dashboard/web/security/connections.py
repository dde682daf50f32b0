"""Close connections that stop sending, so that no client can exhaust the process's file descriptors."""

import asyncio
from collections import Counter, OrderedDict
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mouse_dashboard.web.security.attempts import network_of

HEADER_SECONDS = 20
"""For a whole head, from the first byte or from the connection on."""
BODY_SECONDS = 30
"""Without a byte of the body that is under way."""
MOST_UNFINISHED = 100
"""Connections of one address whose request is not complete. One more closes the one that has been silent longest."""


class PendingConnections:
    """Connections with an incomplete request, the longest silent first; event streams are not included."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[TimeoutProtocol, str] = OrderedDict()
        self._counts: Counter[str] = Counter()

    def add(self, connection: "TimeoutProtocol", address: str) -> None:
        """Add a connection, or mark it as active."""
        if connection in self._addresses:
            return self._addresses.move_to_end(connection)
        self._addresses[connection] = address
        self._counts[address] += 1
        if self._counts[address] > MOST_UNFINISHED:
            silent = next(other for other, found in self._addresses.items() if found == address)
            self.discard(silent)
            silent.transport.abort()
        return None

    def discard(self, connection: "TimeoutProtocol") -> None:
        """Remove a connection whose request is complete, or that is closed."""
        address = self._addresses.pop(connection, None)
        if address is not None:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]


class TimeoutProtocol(HttpToolsProtocol):
    """uvicorn's protocol with read timeouts; uvicorn itself only limits the time between two requests."""

    unfinished: PendingConnections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout for a request head."""
        super().connection_made(transport)
        self._address = network_of(self.client[0]) if self.client else ""
        self._timer: asyncio.TimerHandle | None = None
        self._in_body = False
        self._wait(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Restart the timeout while a body makes progress; a head must complete within its own."""
        if self._in_body:
            self._wait(BODY_SECONDS)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Start the timeout for the next request's head."""
        super().on_message_begin()
        self._wait(HEADER_SECONDS)

    def on_headers_complete(self) -> None:
        """Start the timeout for the body."""
        self._in_body = True
        self._wait(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the timeout: the request is complete."""
        self._in_body = False
        self._stop_waiting()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self.unfinished.add(self, self._address)
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        self.unfinished.discard(self)
        if self._timer:
            self._timer.cancel()

    def _give_up(self) -> None:
        if self.flow.read_paused:  # it is the store that is slow
            return self._wait(BODY_SECONDS)
        return self.transport.abort()


def timeout_protocol() -> type[Any]:
    """Make the protocol class of one server."""
    return type("_OneServer", (TimeoutProtocol,), {"unfinished": PendingConnections()})
