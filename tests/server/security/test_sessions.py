"""Sessions are random, end after a time, and are one local user's."""

import asyncio
import os
import socket

import pytest

from mouse_dashboard.web.security import attempts
from mouse_dashboard.web.security.attempts import TokenAttempts, network_of
from mouse_dashboard.web.security.local_user import local_user
from mouse_dashboard.web.security.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def nobody() -> int | None:
    return None


def test_check_39_a_session_ends_some_time_after_its_last_use() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    first, second = sessions.start(None), sessions.start(None)
    assert first != second
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        assert sessions.is_valid(first, nobody)
    assert not sessions.is_valid(second, nobody)
    assert not sessions.is_valid("", nobody)


def test_check_39_a_session_in_use_ends_too() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    session = sessions.start(None)
    while clock.now + IDLE_SECONDS / 2 <= LONGEST_SECONDS:
        clock.now += IDLE_SECONDS / 2
        assert sessions.is_valid(session, nobody)
    clock.now += IDLE_SECONDS / 2
    assert not sessions.is_valid(session, nobody)


@pytest.mark.parametrize(("mine", "other"), [(1000, 1001), (1000, None), (None, 1000)])
def test_check_39_another_user_of_this_machine_cannot_replay_it(mine: int | None, other: int | None) -> None:
    sessions = Sessions()
    session = sessions.start(mine)
    assert not sessions.is_valid(session, lambda: other)
    assert sessions.is_valid(session, lambda: mine)


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="only Linux tells")  # noqa: PTH110
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_user_at_the_other_end_is_found(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with (
        socket.create_server((address, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]) as client,
    ):
        assert local_user(client.getsockname()[:2]) == os.getuid()
    assert local_user(("192.0.2.7", 1)) is None
    assert local_user(("testclient", 50000)) is None
    assert local_user(None) is None


def test_check_44_wrong_tokens_wait_and_the_right_one_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)

    async def guess() -> None:
        tried = TokenAttempts(b"right")
        for _ in range(100):
            assert not await tried.is_right(b"wrong", "192.0.2.7")
        assert len(waits) == 100 - attempts.FREE
        assert await tried.is_right(b"right", "192.0.2.7")
        assert not await tried.is_right(b"wrong", "192.0.2.8")
        assert len(waits) == 100 - attempts.FREE

    asyncio.run(guess())


def test_check_44_few_tokens_of_one_address_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep: list[asyncio.Event] = []

    async def sleep(_: float) -> None:
        asleep.append(asyncio.Event())
        await asleep[-1].wait()

    monkeypatch.setattr(attempts, "FREE", 0)

    async def guess() -> None:
        tried = TokenAttempts(b"right")
        guesses = [asyncio.ensure_future(tried.is_right(b"wrong", "192.0.2.7")) for _ in range(50)]
        right = asyncio.ensure_future(tried.is_right(b"right", "192.0.2.7"))
        turn = asyncio.Event()
        for _ in range(100):
            asyncio.get_running_loop().call_soon(turn.set)
            await turn.wait()
            turn.clear()
        assert (len(asleep), right.done()) == (attempts.AT_ONCE, False)
        assert await tried.is_right(b"right", "192.0.2.8")
        while not right.done():
            for waiting in asleep:
                waiting.set()
            asyncio.get_running_loop().call_soon(turn.set)
            await turn.wait()
            turn.clear()
        assert right.result()
        assert not any(await asyncio.gather(*guesses))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(guess())


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2%eth0") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7")
    assert network_of("testclient") == "testclient"
