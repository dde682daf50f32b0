"""Scratch folders for uploads; those of dead processes are recognised by their released lock and removed."""

import re
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mouse_dashboard.store.data_folder import SCRATCH, is_file, is_folder, remove_file

SCRATCH_NAME = re.compile(r"[0-9a-f]{32}|tmp[a-z0-9_]{8}")
"""What scratch folders were and are called."""
FILES = re.compile(r"received|mapped|converted\.safetensors|\.[0-9a-f]{32}")
"""What is made in them: nothing else is ours."""


class UploadScratch:
    """The scratch folder of one process. Several dashboards may share a data folder."""

    def __init__(self, folder: Path) -> None:
        _sweep(folder)
        self._folder = folder / uuid.uuid4().hex
        self._lock = FileLock(f"{self._folder}.lock", thread_local=False, mode=0o600)
        self._lock.acquire()
        self._folder.mkdir(mode=0o700)

    @contextmanager
    def folder(self) -> Generator[Path]:
        """A temporary folder that is always removed."""
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            _clear(folder)

    def close(self) -> None:
        """Remove everything."""
        _clear_all(self._folder)
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()


def _sweep(folder: Path) -> None:
    for lock_file in folder.glob("*.lock"):
        if not SCRATCH.fullmatch(lock_file.name) or not is_file(lock_file) or lock_file.stat().st_size:
            continue
        lock = FileLock(lock_file, timeout=0)
        try:
            with lock:
                _clear_all(lock_file.with_suffix(""))
                lock_file.unlink(missing_ok=True)
        except Timeout:
            continue


def _clear_all(folder: Path) -> None:
    if is_folder(folder):
        for scratch in folder.iterdir():
            if SCRATCH_NAME.fullmatch(scratch.name):
                _clear(scratch)
        _remove_empty(folder)


def _clear(folder: Path) -> None:
    """Remove scratch files, and the folder too unless it has foreign files."""
    if is_folder(folder):
        for file in folder.iterdir():
            if FILES.fullmatch(file.name):
                remove_file(file)
        _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
