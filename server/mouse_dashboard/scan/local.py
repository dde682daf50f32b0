"""The local engine: one process per core, each running whole tasks."""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from mouse_dashboard.compute.parent import end_with_parent
from mouse_dashboard.scan.summary import Summary
from mouse_dashboard.scan.task import RESULT, Request, Task, TaskResult, run_task

Results = Iterator[tuple[Task, bytes]]
ENDED = "The process that read it died, perhaps for lack of memory."
WATCH_SECONDS = 1


def run_in_process(request: Request, tasks: Sequence[Task]) -> Results:
    """Run tasks sequentially in this process."""
    for task in tasks:
        yield task, run_task(request, task)


def run_in_processes(request: Request, tasks: Sequence[Task], processes: int) -> Results:
    """Run tasks in processes, and yield each result as it comes.

    A process that dies takes all others of its pool with it: those tasks that ran are then tried once more, each alone,
    and one that ends its process again is what was wrong.
    """
    left = list(tasks)
    while left:
        suspects: list[Task] = []
        for task, result in _run(request, left, processes, suspects):
            left.remove(task)
            yield task, result
        for task in suspects:
            left.remove(task)
            yield from _alone(request, task)


def _run(request: Request, tasks: Sequence[Task], processes: int, suspects: list[Task]) -> Results:
    """Yield results until all are done or the pool broke; then `suspects` holds the running tasks."""
    started: set[Future[bytes]] = set()
    with _pool(processes) as pool:
        waiting = {pool.submit(run_task, request, task): task for task in tasks}
        try:
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED, timeout=WATCH_SECONDS)
                for future in done:
                    result = future.result()
                    yield waiting.pop(future), result
                started = {future for future in waiting if future.running()}
        except BrokenProcessPool:
            suspects += [waiting[future] for future in waiting if future in started] or list(waiting.values())[:1]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _alone(request: Request, task: Task) -> Results:
    with _pool(1) as pool:
        try:
            yield task, pool.submit(run_task, request, task).result()
        except BrokenProcessPool:
            yield task, RESULT.dump_json(TaskResult(Summary(), ENDED))


def _pool(processes: int) -> ProcessPoolExecutor:
    """Fork workers from a server process that has imported everything, so that torch is in memory once."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["mouse_dashboard.scan.task"])
        _start_forkserver()
    return ProcessPoolExecutor(processes, context, _begin)


def _start_forkserver() -> None:
    """Start the fork server with Ctrl+C ignored: interrupting its imports would print a traceback."""
    from multiprocessing import forkserver, resource_tracker  # noqa: PLC0415  Windows has neither

    resource_tracker.ensure_running()  # which lets Ctrl+C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Ctrl+C ends a process at once; it also ends with the one that waits for its results."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    end_with_parent()
