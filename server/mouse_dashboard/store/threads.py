"""Threads of the store's own: those of the routes answer meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

AT_ONCE = 4
Args = ParamSpec("Args")
Result = TypeVar("Result")


class Threads:
    """A few threads, which any event loop may use."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, "store")

    async def run(self, work: Callable[Args, Result], *args: Args.args, **named: Args.kwargs) -> Result:
        """Wait for a thread, and for what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *args, **named))

    def close(self) -> None:
        """Wait for what runs, and begin nothing more."""
        self._pool.shutdown(cancel_futures=True)
