"""Work that takes long runs in a thread, stops when nobody waits for it any more, and has a limit."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request

from mouse_dashboard.errors import ApiError

Result = TypeVar("Result")


class AbandonedError(Exception):
    """The client went away; no answer is needed."""


class Ticket:
    """Permission to go on, asked for between blocks of work."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._abandoned = threading.Event()

    def abandon(self) -> None:
        """Nobody waits any more."""
        self._abandoned.set()

    def check(self) -> None:
        """Go on, or raise.

        Raises:
            AbandonedError: the client went away.
            ApiError: the time limit is over.
        """
        if self._abandoned.is_set():
            raise AbandonedError
        if time.monotonic() > self._deadline:
            raise ApiError(
                503,
                "time_limit",
                f"evaluation: found more than {self._seconds:g} s of work, expected less; "
                "use a smaller batch or raise MOUSE_TIME_LIMIT_SECONDS.",
            )


async def in_thread(
    request: Request, seconds: float, at_once: CapacityLimiter, work: Callable[[Ticket], Result]
) -> Result:
    """Run `work` beside the event loop, waiting for a place; it is abandoned when the client of `request` disconnects.

    Waiting counts towards the time limit.

    Raises:
        AbandonedError: the client went away.
        ApiError: the time limit is over.
    """
    ticket = Ticket(seconds)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        ticket.abandon()

    watcher = asyncio.create_task(watch())
    try:
        return await anyio.to_thread.run_sync(work, ticket, limiter=at_once)
    finally:
        ticket.abandon()  # cut off, the thread would go on
        watcher.cancel()
