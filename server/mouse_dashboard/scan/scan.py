"""Run a scan: skip finished tasks, run the others on an engine, and report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mouse_dashboard.scan.folder import ScanFolder
from mouse_dashboard.scan.report import ScanReport, report_of
from mouse_dashboard.scan.source import Source
from mouse_dashboard.scan.task import RESULT, Request, Task, TaskResult, tasks_of

Engine = Callable[[Request, Sequence[Task]], Iterator[tuple[Task, bytes]]]
"""Runs tasks in any order and anywhere, and yields what `run_task` returns of each."""


@dataclass(frozen=True)
class Progress:
    """Progress of a scan."""

    tasks: int
    bytes: int
    done: int = 0
    bytes_done: int = 0
    errors: int = 0
    findings: int = 0

    def after(self, task: Task, result: TaskResult) -> "Progress":
        """The progress after one more task."""
        warned = sum(finding.severity != "info" for finding in result.summary.findings.values())
        return Progress(
            self.tasks,
            self.bytes,
            self.done + 1,
            self.bytes_done + task.bytes,
            self.errors + (result.error is not None),
            self.findings + warned,
        )


def scan(
    request: Request,
    sources: Sequence[Source],
    engine: Engine,
    folder: ScanFolder | None = None,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> ScanReport:
    """Run the unfinished tasks, store every result, and report; Ctrl+C leaves a report of the finished ones.

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
    done: set[Task] = set()
    held: dict[Task, bytes] = {}
    so_far = Progress(len(tasks), sum(task.bytes for task in tasks))
    for task in tasks:
        if folder is not None and (result := folder.result(task.key(request))) is not None:
            done.add(task)
            so_far = so_far.after(task, result)
    try:
        progress(so_far)
        for task, content in engine(request, [task for task in tasks if task not in done]):
            if folder is not None:
                folder.save_result(task.key(request), content)
            else:
                held[task] = content
            done.add(task)
            so_far = so_far.after(task, RESULT.validate_json(content))
            progress(so_far)
    except KeyboardInterrupt:
        pass

    def read(task: Task) -> bytes:
        return held[task] if folder is None else folder.content(task.key(request))

    of_shards = {source.address: tasks_of(source) for source in sources}
    whole = StoredResults({shard: of for shard, of in of_shards.items() if done.issuperset(of)}, read)
    return report_of(whole, len(tasks) - len(done))


class StoredResults(Mapping[str, Sequence[TaskResult]]):
    """Lazily read task results by shard: all of them would exhaust the memory."""

    def __init__(self, tasks: Mapping[str, Sequence[Task]], read: Callable[[Task], bytes]) -> None:
        self._tasks, self._read = tasks, read

    def __getitem__(self, shard: str) -> list[TaskResult]:
        return [RESULT.validate_json(self._read(task)) for task in self._tasks[shard]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)
