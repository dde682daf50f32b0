"""Ending a reader from another thread, while it waits for its process or before it has started one."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Lock


class ReadCancelledError(Exception):
    """Nobody waits for the file any more."""


class Cancellation:
    """Ends the process that runs under it, now or as soon as there is one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """End the reader; once it has ended, nothing happens."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                kill(self._process)

    @contextmanager
    def ends(self, process: subprocess.Popen[bytes]) -> Generator[None]:
        """Make `process` the one that is ended.

        Raises:
            ReadCancelledError: it was.
        """
        with self._lock:
            self._process = process
            if self._cancelled:
                kill(process)
        try:
            yield
        finally:
            with self._lock:
                self._process = None
        if self._cancelled:
            raise ReadCancelledError


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a session of its own, and what it may have started."""
    if process.poll() is None:  # its number could be another's otherwise
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
