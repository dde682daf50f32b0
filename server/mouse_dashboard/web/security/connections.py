"""Connections that stop sending are closed, so that nobody can use up what a process may hold open."""

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


class Unfinished:
    """Connections that owe us the rest of a request, the longest silent first; streams of events are none of them."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[PatientProtocol, str] = OrderedDict()
        self._counts: Counter[str] = Counter()

    def add(self, connection: "PatientProtocol", address: str) -> None:
        """Take one in, or note that it sends."""
        if connection in self._addresses:
            return self._addresses.move_to_end(connection)
        self._addresses[connection] = address
        self._counts[address] += 1
        if self._counts[address] > MOST_UNFINISHED:
            silent = next(other for other, found in self._addresses.items() if found == address)
            self.discard(silent)
            silent.transport.abort()
        return None

    def discard(self, connection: "PatientProtocol") -> None:
        """Let go of one whose request is complete, or that is gone."""
        address = self._addresses.pop(connection, None)
        if address is not None:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's own, with an end to its patience; uvicorn itself limits only how long it waits between two requests."""

    unfinished: Unfinished

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head."""
        super().connection_made(transport)
        self._address = network_of(self.client[0]) if self.client else ""
        self._timer: asyncio.TimerHandle | None = None
        self._in_body = False
        self._wait(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Give a body that goes on its time anew; a head has to be done within its time."""
        if self._in_body:
            self._wait(BODY_SECONDS)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Wait for the head of the next request."""
        super().on_message_begin()
        self._wait(HEADER_SECONDS)

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        self._in_body = True
        self._wait(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for nothing: now it is on us."""
        self._in_body = False
        self._stop_waiting()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
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


def patient_protocol() -> type[Any]:
    """The protocol of one server."""
    return type("_OneServer", (PatientProtocol,), {"unfinished": Unfinished()})
