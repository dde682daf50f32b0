"""Authentication: the token as a bearer with each request, or once to start a browser session."""

from pydantic import SecretStr
from starlette.requests import HTTPConnection
from starlette.responses import Response

from mouse_dashboard.web.security.attempts import TokenAttempts
from mouse_dashboard.web.security.local_user import local_user
from mouse_dashboard.web.security.sessions import Sessions, cookie_name, session_ids


class Access:
    """The token of a dashboard and its sessions."""

    def __init__(self, token: SecretStr, root_path: str) -> None:
        self._attempts = TokenAttempts(token.get_secret_value().encode())
        self._sessions = Sessions()
        self._cookie_path = root_path or "/"

    async def is_granted(self, connection: HTTPConnection) -> bool:
        """Whether a request carries a valid session or the token."""
        if any(self._sessions.is_valid(found, lambda: _local_user(connection)) for found in session_ids(connection)):
            return True
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and await self._is_right(connection, bearer.strip().encode("latin-1"))

    async def log_in(self, connection: HTTPConnection, token: str, answer: Response) -> bool:
        """Start a session with the response, if the token is right."""
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
    """Whether the client uses TLS. A false header only costs the liar a cookie, so headers are trusted here."""
    headers = connection.headers
    return (
        connection.url.scheme == "https"
        or headers.get("x-forwarded-proto", "").lower() == "https"
        or headers.get("origin", "").startswith("https://")
    )
