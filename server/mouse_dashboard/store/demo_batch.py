"""The demo batch: created once, with a progress bar on the command line, and stored."""

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
    """Path of the demo batch of a seed for this version of mouse."""
    return data_dir / "demo" / __version__ / f"demo-{seed}.safetensors"


def stored_demo_batch(data_dir: Path, seed: int, make: Callable[[Path, int], object] = make_with_progress) -> Path:
    """Return the demo batch of a seed for this version of mouse, creating it if needed."""
    path = demo_file(data_dir, seed)
    if not path.is_file():
        with DataFolder(data_dir).exclusive():
            path.parent.mkdir(mode=0o700, exist_ok=True)
        make(path, seed)
        path.chmod(0o600)
    return path
