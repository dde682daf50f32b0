"""The data folder: identify mouse's own files. All other files are never touched."""

import json
import re
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

FORMAT = "mouse-data"
VERSION = 1
MARKER = "mouse-data.json"
"""Says that the folder is ours, and in which format."""
LOCK = "mouse.lock"
DATABASE = "mouse.sqlite"
FOLDERS = ("batches", "records", "imports", "incoming", "demo", "quarantine")
NEUTRAL = {LOCK, "lost+found"}
"""What may lie in a folder that nobody has used yet."""
STORED = re.compile(r"[0-9a-f]{64}\.safetensors")
SCRATCH = re.compile(r"[0-9a-f]{32}(\.lock)?")
OPENING_SECONDS = 60
"""How long another process may take to open or migrate the folder."""


class DataFolderError(OSError):
    """The data folder is unusable; nothing in it was changed."""


class DataFolder:
    """A data folder: it has mouse's marker, is empty, or was written before markers existed.

    Raises:
        DataFolderError: it belongs to something else, is of a newer version, or is not writable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / DATABASE
        self._check()

    @contextmanager
    def exclusive(self) -> Generator[None]:
        """Lock the folder against other processes that open it, and create its marker and subfolders."""
        lock = FileLock(self.path / LOCK, OPENING_SECONDS, mode=0o600)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise DataFolderError(f"{self.path}: another mouse is still opening it; try again.") from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._check()
            self._make()
            yield
        finally:
            lock.release()

    def _check(self) -> None:
        try:
            names = sorted(entry.name for entry in self.path.iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            raise DataFolderError(f"{self.path}: cannot be read ({error.strerror}).") from error
        for name, ours in (*dict.fromkeys(FOLDERS, is_folder).items(), (DATABASE, is_file), (LOCK, is_file)):
            if name in names and not ours(self.path / name):
                raise DataFolderError(
                    f"{self.path / name}: found a link or another kind of file, expected one that mouse made; "
                    "move it away, or name another folder with --data-dir."
                )
        if MARKER in names:
            self._check_marker()
        elif not set(names) <= NEUTRAL and not self._is_unmarked(names):
            raise DataFolderError(
                f"{self.path}: found files that mouse did not make, expected an empty folder or one of mouse's own; "
                "name another with --data-dir."
            )

    def _check_marker(self) -> None:
        marker = self.path / MARKER
        try:
            content = marker.read_bytes() if is_file(marker) else b"{}"
            mark = json.loads(content or json.dumps(_MARK))  # empty: the process was killed as it made it
            ours, version = mark["format"] == FORMAT, int(mark["version"])
        except (ValueError, KeyError, TypeError):
            ours, version = False, 0
        if not ours:
            raise DataFolderError(
                f"{marker}: found no marker of mouse, expected what mouse writes there; name another folder with "
                "--data-dir."
            )
        if version > VERSION:
            raise DataFolderError(
                f"{self.path}: found data of format {version}, expected at most {VERSION}; update mouse, or name "
                "another folder with --data-dir."
            )

    def _is_unmarked(self, names: list[str]) -> bool:
        """Whether an older mouse without markers wrote it: it has a data base, or only files named like mouse's."""
        if DATABASE in names and "batches" in names and _starts_as_database(self.database):
            return True
        return set(names) <= NEUTRAL | {*FOLDERS, DATABASE} and all(
            pattern.fullmatch(entry.name)
            for folder, pattern in (("batches", STORED), ("imports", STORED), ("incoming", SCRATCH))
            if folder in names
            for entry in (self.path / folder).iterdir()
        )

    def _make(self) -> None:
        marker = self.path / MARKER
        try:
            adopted = not marker.exists()
            for name in FOLDERS:
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
            if adopted or not marker.stat().st_size:
                self._close_to_others()
                marker.write_text(json.dumps(_MARK))
                marker.chmod(0o600)
        except OSError as error:
            raise self._unwritable(error) from error

    def _close_to_others(self) -> None:
        """Restrict permissions to the owner; a folder with foreign files keeps its mode."""
        ours = {*NEUTRAL, *FOLDERS, DATABASE, MARKER}
        with suppress(OSError):  # of another user, or on a file system without modes
            if {entry.name for entry in self.path.iterdir()} <= ours:
                self.path.chmod(0o700)
            for name in FOLDERS:
                (self.path / name).chmod(0o700)
            for name in ("batches", "imports"):
                for path in stored_files(self.path / name):
                    path.chmod(0o600)
            if self.database.exists():
                self.database.chmod(0o600)

    def _unwritable(self, error: OSError) -> DataFolderError:
        return DataFolderError(
            f"{self.path}: cannot be written to ({error.strerror or error}); name another folder with --data-dir."
        )


def is_file(path: Path) -> bool:
    """Whether it is a regular file, not a link."""
    return _is(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Whether it is a folder, not a link."""
    return _is(path, stat.S_ISDIR)


def remove_file(path: Path) -> None:
    """Remove one of mouse's files; a link or folder of that name is left alone."""
    if is_file(path):
        path.unlink(missing_ok=True)


def stored_files(folder: Path) -> list[Path]:
    """The regular files of a folder that are named like mouse's."""
    return sorted(path for path in folder.iterdir() if STORED.fullmatch(path.name) and is_file(path))


_MARK = {"format": FORMAT, "version": VERSION}


def _is(path: Path, kind: Callable[[int], bool]) -> bool:
    try:
        return kind(path.lstat().st_mode)
    except OSError:
        return False


def _starts_as_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) in {b"", b"SQLite format 3\0"}
