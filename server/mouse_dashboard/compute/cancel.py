"""Cooperative cancellation: long work checks between blocks whether the client still waits and time is left."""

import threading
import time

from mouse_dashboard.schema.errors import ApiError


class ClientGoneError(Exception):
    """The client disconnected; no response is needed."""


class CancelToken:
    """Checked between blocks of work; raises once the work should stop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Cancel: the client no longer waits."""
        self._cancelled.set()

    def check(self) -> None:
        """Return if the work may continue, else raise.

        Raises:
            ClientGoneError: the client disconnected.
            ApiError: the time limit is over.
        """
        if self._cancelled.is_set():
            raise ClientGoneError
        if time.monotonic() > self._deadline:
            raise ApiError(
                503,
                "time_limit",
                f"evaluation: found more than {self._seconds:g} s of work, expected less; "
                "use a smaller batch or raise MOUSE_TIME_LIMIT_SECONDS.",
            )
