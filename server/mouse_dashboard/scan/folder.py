"""The folder of a scan: stores task results, so that a second run resumes where the first ended."""

import os
from pathlib import Path

from pydantic import ValidationError

from mouse_dashboard.scan.scan_marker import TASKS
from mouse_dashboard.scan.task import RESULT, TaskResult

MARKER = ".mouse-scan"
"""Says that the folder is ours: `scan.json` and a folder of tasks may as well be somebody's."""


class ScanFolder:
    """The output folder of a scan."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tasks = path / TASKS

    def open(self) -> None:
        """Create the folder.

        Raises:
            OSError: it cannot be created.
            FileExistsError: the folder contains other files.
        """
        if self.path.exists() and any(self.path.iterdir()) and not self._is_ours():
            raise FileExistsError(None, "it holds other files; name a new folder or one of a scan", str(self.path))
        self._tasks.mkdir(parents=True, exist_ok=True)
        (self.path / MARKER).touch()

    def _is_ours(self) -> bool:
        """Whether a scan created it: older versions wrote results but no marker."""
        return (self.path / MARKER).is_file() or any(self.result(file.stem) for file in self._tasks.glob("*.json"))

    def result(self, key: str) -> TaskResult | None:
        """The result of a finished task; None for any other, and for one whose shard could not be read."""
        try:
            found = RESULT.validate_json(self.content(key))
        except (FileNotFoundError, ValidationError):
            return None
        return None if found.error else found

    def content(self, key: str) -> bytes:
        """The saved bytes of a task.

        Raises:
            OSError: nothing was, or it cannot be read any more.
        """
        return (self._tasks / f"{key}.json").read_bytes()

    def save_result(self, key: str, result: bytes) -> None:
        """Write a result atomically."""
        self.write(self._tasks / f"{key}.json", result)

    def write(self, target: Path, content: bytes) -> None:
        """Write a file atomically."""
        scratch = target.with_name(f".{target.name}")
        with scratch.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(target)
