"""Browser sessions, kept in memory: a restart ends them, even with the same token."""

import secrets
import time
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TTLCache
from starlette.requests import HTTPConnection

from mouse_dashboard.web.security.authority import Authority

IDLE_SECONDS = 12 * 3600
LONGEST_SECONDS = 7 * 24 * 3600
MOST_SESSIONS = 1000


class _Session(NamedTuple):
    started: float
    local_user: int | None


class Sessions:
    """Random ids, each good for half a day after its last use, for a week at most, and for one user of this machine.

    Browsers send a cookie to every port of a host. What another user's program gets there it cannot replay.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: TTLCache[str, _Session] = TTLCache(MOST_SESSIONS, IDLE_SECONDS, clock)

    def start(self, local_user: int | None) -> str:
        """Start a session and return its id."""
        session_id = secrets.token_urlsafe(32)
        self._sessions[session_id] = _Session(self._clock(), local_user)
        return session_id

    def is_valid(self, session_id: str, local_user: Callable[[], int | None]) -> bool:
        """Whether a session is valid for this user; renews it."""
        session = self._sessions.get(session_id)
        if session is None or session.local_user != local_user():
            return False
        if self._clock() - session.started > LONGEST_SECONDS:
            del self._sessions[session_id]
            return False
        self._sessions[session_id] = session
        return True


def cookie_name(connection: HTTPConnection) -> str:
    """A cookie name unique per dashboard of a host: from its listening port and the port of a tunnel."""
    called = Authority.parse(connection.headers.get("host", ""))
    server: tuple[str, int | None] | None = connection.scope.get("server")
    ports = dict.fromkeys((server[1] if server else None, called.port if called else None))
    return "_".join(["mouse_session", *(str(port) for port in ports if port is not None)])


def session_ids(connection: HTTPConnection) -> list[str]:
    """All values of the cookie: under a path prefix a browser sends one for each matching path."""
    pairs = (pair.partition("=") for header in connection.headers.getlist("cookie") for pair in header.split(";"))
    name = cookie_name(connection)
    return [value.strip() for key, _, value in pairs if key.strip() == name]
