"""The store's own threads, so that the route threads stay free."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

AT_ONCE = 4
Args = ParamSpec("Args")
Result = TypeVar("Result")


class Threads:
    """A small thread pool that any event loop may use."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, "store")

    async def run(self, work: Callable[Args, Result], *args: Args.args, **named: Args.kwargs) -> Result:
        """Run a function in a thread and await its result."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *args, **named))

    def close(self) -> None:
        """Wait for running work, and start no more."""
        self._pool.shutdown(cancel_futures=True)
