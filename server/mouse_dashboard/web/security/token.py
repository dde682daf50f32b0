"""With a token set, only the health check and the login respond without it."""

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.web.error_response import refuse
from mouse_dashboard.web.security.access import Access
from mouse_dashboard.web.security.login import Login

OPEN_PATH = "/api/health"
ERROR = ErrorBody(
    status=401,
    code="no_token",
    message="This dashboard asks for its token; open the link that it printed (it ends in ?token=...), "
    "or send the header Authorization: Bearer TOKEN.",
)


class TokenCheck:
    """Respond 401 unless the request carries the bearer token, the login token, or the session cookie."""

    def __init__(self, app: ASGIApp, access: Access, root_path: str = "") -> None:
        self.app = app
        self.root_path = root_path
        self._access = access
        self._login = Login(access)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward authenticated requests."""
        path = scope.get("path", "").removeprefix(self.root_path)
        if scope["type"] == "lifespan" or path == OPEN_PATH:
            return await self.app(scope, receive, send)
        if scope["type"] == "http" and (answer := await self._login.answer(Request(scope, receive), path)):
            return await answer(scope, receive, send)
        if await self._access.is_granted(HTTPConnection(scope)):
            return await self.app(scope, receive, send)
        return await refuse(scope, receive, send, ERROR)
