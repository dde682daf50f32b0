"""Disk space reserved for deletions: SQLite writes a journal even to delete a row."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from mouse_dashboard.store.full_disk import refuse_full_disk

RESERVED_BYTES = 2 << 20
"""Ten times what deleting a hundred snapshots at once needs."""


class Reserve:
    """A file that only takes space. It is released for every deletion, full disk or not: no code path is rare."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()  # nobody takes the room back while another deletion needs it
        with self.released():
            pass

    @contextmanager
    def released(self) -> Generator[None]:
        """Free the space for a deletion, and reserve it again afterwards if possible.

        Raises:
            ApiError: 507, the disk is full even so.
        """
        with self._lock, refuse_full_disk():
            with suppress(OSError):
                self._path.touch(0o600)
                self._path.open("wb").close()
            try:
                yield
            finally:
                with suppress(OSError):
                    self._path.touch(0o600)
                    self._path.write_bytes(hashlib.shake_256().digest(RESERVED_BYTES))  # zeros might be compressed
