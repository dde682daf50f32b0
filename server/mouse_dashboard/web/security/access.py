"""Who has shown the token: as a bearer with each request, or once to start the session of a browser."""

from pydantic import SecretStr
from starlette.requests import HTTPConnection
from starlette.responses import Response

from mouse_dashboard.web.security.attempts import Attempts
from mouse_dashboard.web.security.local_user import local_user
from mouse_dashboard.web.security.sessions import Sessions, cookie_name, session_ids


class Access:
    """The token of a dashboard and the sessions that were started with it."""

    def __init__(self, token: SecretStr, root_path: str) -> None:
        self._attempts = Attempts(token.get_secret_value().encode())
        self._sessions = Sessions()
        self._cookie_path = root_path or "/"

    async def is_granted(self, connection: HTTPConnection) -> bool:
        """Whether a request comes with a session, or with the token."""
        if any(self._sessions.is_valid(found, lambda: _local_user(connection)) for found in session_ids(connection)):
            return True
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and await self._is_right(connection, bearer.strip().encode("latin-1"))

    async def log_in(self, connection: HTTPConnection, token: str, answer: Response) -> bool:
        """Let the answer start a session, if this is the token."""
        if not await self._is_right(connection, token.encode("utf-8", "replace")):
            return False
        answer.set_cookie(
            cookie_name(connection),
            self._sessions.start(_local_user(connection)),
            httponly=True,
            samesite="strict",
            secure=_is_encrypted(connection),
            path=self._cookie_path,
        )
        return True

    async def _is_right(self, connection: HTTPConnection, token: bytes) -> bool:
        return await self._attempts.is_right(token, connection.client.host if connection.client else "")


def _local_user(connection: HTTPConnection) -> int | None:
    return local_user((connection.client.host, connection.client.port) if connection.client else None)


def _is_encrypted(connection: HTTPConnection) -> bool:
    """Whether there is TLS in front. Who lies about it only loses a cookie, so that headers may be believed here."""
    headers = connection.headers
    return (
        connection.url.scheme == "https"
        or headers.get("x-forwarded-proto", "").lower() == "https"
        or headers.get("origin", "").startswith("https://")
    )
