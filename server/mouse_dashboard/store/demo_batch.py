"""The demo batch: made once, with a progress bar on the command line, and kept."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from mouse import __version__
from mouse_dashboard.store.data_folder import DataFolder


def make_with_progress(path: Path, seed: int) -> None:
    """Write the demo batch of a seed; the bar goes to stderr."""
    from mouse.demo import make_demo_batch  # noqa: PLC0415  needs torch, and the batch is made once

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("demo batch", total=1.0)
        make_demo_batch(path, seed, lambda share, what: bar.update(task, completed=share, description=what))


def demo_file(data_dir: Path, seed: int) -> Path:
    """Where the demo batch of a seed lies, as this version of mouse makes it."""
    return data_dir / "demo" / __version__ / f"demo-{seed}.safetensors"


def stored_demo_batch(data_dir: Path, seed: int, make: Callable[[Path, int], object] = make_with_progress) -> Path:
    """Return the demo batch of a seed, as this version of mouse makes it."""
    path = demo_file(data_dir, seed)
    if not path.is_file():
        with DataFolder(data_dir).opening():
            path.parent.mkdir(mode=0o700, exist_ok=True)
        make(path, seed)
        path.chmod(0o600)
    return path
