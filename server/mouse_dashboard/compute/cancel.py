"""Long work asks between its blocks whether anybody still waits for it, and whether its time is up."""

import threading
import time

from mouse_dashboard.schema.errors import ApiError


class ClientGoneError(Exception):
    """The client went away; no answer is needed."""


class CancelToken:
    """Permission to go on, asked for between blocks of work."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._cancelled.set()

    def check(self) -> None:
        """Go on, or raise.

        Raises:
            ClientGoneError: the client went away.
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
