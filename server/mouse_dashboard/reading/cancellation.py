"""Cancel a reader from another thread, while its process runs or before it has started."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Lock


class ReadCancelledError(Exception):
    """The client no longer waits for the file."""


class Cancellation:
    """Kills the attached process, now or as soon as it is attached."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Kill the reader; no effect once it has ended."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                kill_session(self._process)

    @contextmanager
    def attach(self, process: subprocess.Popen[bytes]) -> Generator[None]:
        """Attach the process to kill.

        Raises:
            ReadCancelledError: already cancelled.
        """
        with self._lock:
            self._process = process
            if self._cancelled:
                kill_session(process)
        try:
            yield
        finally:
            with self._lock:
                self._process = None
        if self._cancelled:
            raise ReadCancelledError


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads its own session, with all children in it."""
    if process.poll() is None:  # its number could be another's otherwise
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
