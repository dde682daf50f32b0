"""The progress bar of a scan: rate, time left and findings so far, on stderr."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from mouse.wording import counted
from mouse_dashboard.scan.scan import Progress


@contextmanager
def show_progress() -> Generator[Callable[[Progress], None]]:
    """Show progress while a scan runs; nothing if stderr is not a terminal."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        bar_id = bar.add_task("scan", total=None)

        def update(at: Progress) -> None:
            bar.update(bar_id, completed=at.bytes_done, total=at.bytes, description=_description(at))

        yield update


def _description(at: Progress) -> str:
    broken = f", {counted(at.errors, 'shard')} unreadable" if at.errors else ""
    return f"{at.done:,} of {counted(at.tasks, 'task')}, {counted(at.findings, 'finding')}{broken}"
