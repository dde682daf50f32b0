"""A scan: its tasks, those that are done, an engine for the others, and the report of all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mouse_dashboard.scan.folder import ScanFolder
from mouse_dashboard.scan.report import ScanReport, report_of
from mouse_dashboard.scan.source import Source
from mouse_dashboard.scan.task import RESULT, Request, Task, TaskResult, tasks_of

Engine = Callable[[Request, Sequence[Task]], Iterator[tuple[Task, bytes]]]
"""Runs tasks in any order and anywhere, and yields what `run_task` returns of each."""


@dataclass(frozen=True)
class Progress:
    """How far a scan is."""

    done: int
    tasks: int
    bytes_done: int
    bytes_left: int
    steps: int
    errors: int
    findings: int


def scan(
    request: Request,
    sources: Sequence[Source],
    engine: Engine,
    folder: ScanFolder | None = None,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> ScanReport:
    """Run what is not done yet, keep every result, and report; Ctrl+C leaves a report of what is done.

    Args:
        request: what is computed.
        sources: the shards.
        engine: what runs tasks.
        folder: where results are kept; they are not if None.
        progress: told after every task.

    Raises:
        OSError: a result cannot be written.
    """
    tasks = [task for source in sources for task in tasks_of(source)]
    known = {task: folder.result(task.key(request)) for task in tasks} if folder else {}
    results = {task: result for task, result in known.items() if result is not None}
    left = [task for task in tasks if task not in results]
    try:
        progress(_progress(tasks, results))
        for task, content in engine(request, left):
            if folder is not None:
                folder.keep(task.key(request), content)
            results[task] = RESULT.validate_json(content)
            progress(_progress(tasks, results))
    except KeyboardInterrupt:
        pass
    of_shards = {source.address: [results.get(task) for task in tasks_of(source)] for source in sources}
    whole = {shard: [each for each in of if each] for shard, of in of_shards.items() if all(of)}
    return report_of(whole, len(tasks) - len(results))


def _progress(tasks: Sequence[Task], results: dict[Task, TaskResult]) -> Progress:
    sizes = {task: task.source.size // task.parts for task in tasks}
    done = sum(sizes[task] for task in results)
    return Progress(
        done=len(results),
        tasks=len(tasks),
        bytes_done=done,
        bytes_left=sum(sizes.values()) - done,
        steps=sum(result.summary.steps for result in results.values()),
        errors=sum(result.error is not None for result in results.values()),
        findings=sum(
            finding.severity != "info" for result in results.values() for finding in result.summary.findings.values()
        ),
    )
