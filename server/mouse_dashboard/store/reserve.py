"""Room on the disk that is kept for deletions: SQLite writes a journal even to delete a row."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from mouse_dashboard.store.full_disk import refuse_full_disk

RESERVED_BYTES = 2 << 20
"""Ten times what deleting a hundred snapshots at once needs."""


class Reserve:
    """A file that only takes room. It is released for each deletion, full disk or not: there is no rare path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()  # nobody takes the room back while another deletion needs it
        with self.released():
            pass

    @contextmanager
    def released(self) -> Generator[None]:
        """Lend the room to a deletion, and take it back afterwards if there is any.

        Raises:
            ApiError: 507, even so there is no room.
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
