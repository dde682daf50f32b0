"""Prefetch work in one thread, with results in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def prefetched(work: Callable[[Task], Result], tasks: Iterable[Task], ahead: int) -> Generator[Result]:
    """Yield ``work(task)`` of each task in order, while a thread works on up to `ahead` of the next ones.

    An exception of `work` is raised where its result would come. However the iteration ends, when the generator is
    closed or collected, tasks not begun are cancelled and the thread ends with the one it works on: it never waits for
    room in a queue, so it cannot be left behind.
    """
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mouse-prefetch")
    pending: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            pending.append(pool.submit(work, task))
            if len(pending) > ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:  # as shutdown(cancel_futures=True), which needs modules that are gone at exit
            future.cancel()
        pool.shutdown()
