"""Scratch folders for files on their way in: a dead process's are recognised by their free lock and swept."""

import shutil
import tempfile
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class Incoming:
    """The scratch folder of one process. Several dashboards may share a data folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        self._folder = folder / uuid.uuid4().hex
        self._lock = FileLock(f"{self._folder}.lock", thread_local=False)
        self._lock.acquire()
        self._folder.mkdir()

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """Lend a folder that is gone afterwards, whatever happens."""
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def close(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._folder, ignore_errors=True)
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()


def _sweep(folder: Path) -> None:
    for lock_file in folder.glob("*.lock"):
        lock = FileLock(lock_file, timeout=0)
        try:
            with lock:
                shutil.rmtree(lock_file.with_suffix(""), ignore_errors=True)
                lock_file.unlink(missing_ok=True)
        except Timeout:
            continue
