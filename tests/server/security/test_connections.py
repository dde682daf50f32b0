"""Who stops sending is let go; who sends, listens or waits is not."""

from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from mouse_dashboard.web.security import connections
from mouse_dashboard.web.security.connections import BODY_SECONDS, HEADER_SECONDS, PendingConnections, TimeoutProtocol


class Transport:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


class Connection:
    def __init__(self) -> None:
        self.transport = Transport()


def connection() -> Any:
    return Connection()


def test_check_44_one_too_many_of_an_address_closes_its_longest_silent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_UNFINISHED", 2)
    unfinished = PendingConnections()
    first, second, third, other = [connection() for _ in range(4)]
    unfinished.add(other, "192.0.2.8")
    unfinished.add(first, "192.0.2.7")
    unfinished.add(second, "192.0.2.7")
    unfinished.add(first, "192.0.2.7")  # it sends
    unfinished.add(third, "192.0.2.7")
    assert [one.transport.aborted for one in (first, second, third, other)] == [False, True, False, False]
    unfinished.discard(first)
    unfinished.discard(first)
    unfinished.add(second, "192.0.2.7")
    assert not third.transport.aborted


class Loop:
    """A loop whose time does not pass: it holds the one call that waits."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Any, object]] = []

    def call_later(self, seconds: float, call: Any) -> Any:
        entry = (seconds, call, object())
        self.waiting.append(entry)

        def cancel() -> None:
            if entry in self.waiting:
                self.waiting.remove(entry)

        return SimpleNamespace(cancel=cancel)

    def create_task(self, coroutine: Any) -> Any:
        coroutine.close()
        done: Any = Mock()  # it takes callbacks and calls none
        return done


@pytest.fixture
def served() -> tuple[TimeoutProtocol, Loop, list[str]]:
    from uvicorn import Config  # noqa: PLC0415
    from uvicorn.server import ServerState  # noqa: PLC0415

    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    loop, calls = Loop(), list[str]()

    class FakeTransport(Transport):
        def get_extra_info(self, name: str) -> Any:
            return ("192.0.2.7", 5) if name in {"peername", "sockname"} else None

        def pause_reading(self) -> None: ...

        def resume_reading(self) -> None: ...

        def abort(self) -> None:
            calls.append("abort")

    config = Config(app, lifespan="off", ws="none", log_config=None)
    protocol = connections.timeout_protocol()(config, ServerState(), {}, cast("Any", loop))
    protocol.connection_made(cast("Any", FakeTransport()))
    return protocol, loop, calls


def test_check_44_a_head_has_one_time_for_all_of_it(served: tuple[TimeoutProtocol, Loop, list[str]]) -> None:
    protocol, loop, calls = served
    protocol.data_received(b"POST / HTTP/1.1\r\n")
    before = loop.waiting[:]
    protocol.data_received(b"Host: localhost\r\n")
    assert (loop.waiting, [seconds for seconds, *_ in before]) == (before, [HEADER_SECONDS])
    loop.waiting[0][1]()
    assert calls == ["abort"]


def test_check_44_a_body_has_its_time_anew_with_each_part_and_not_while_we_do_not_read(
    served: tuple[TimeoutProtocol, Loop, list[str]],
) -> None:
    protocol, loop, calls = served
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
    before = loop.waiting[:]
    protocol.data_received(b"12345")
    assert loop.waiting != before
    assert [seconds for seconds, *_ in loop.waiting] == [BODY_SECONDS]
    protocol.flow.pause_reading()
    loop.waiting.pop()[1]()
    assert (calls, len(loop.waiting)) == ([], 1)
    protocol.flow.resume_reading()
    loop.waiting[0][1]()
    assert calls == ["abort"]


def test_whoever_has_sent_all_may_listen_for_ever(served: tuple[TimeoutProtocol, Loop, list[str]]) -> None:
    protocol, loop, _ = served
    protocol.data_received(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert loop.waiting == []
