"""With a token set, nothing but health answers without it."""

import hashlib
import hmac
from pathlib import PurePosixPath
from urllib.parse import quote, urlencode

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mouse_dashboard.errors import ErrorBody
from mouse_dashboard.security.refusal import refuse

COOKIE = "mouse_session"
OPEN_PATH = "/api/health"
ERROR = ErrorBody(
    status=401,
    code="no_token",
    message="This dashboard asks for its token; open the link that it printed (it ends in ?token=...), "
    "or send the header Authorization: Bearer TOKEN.",
)
LOGIN = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>mouse</title>
<body style="font: 16px system-ui; display: grid; place-items: center; min-height: 90vh; color-scheme: light dark">
<form><p><label>Token of this dashboard<br><input name="token" type="password" autofocus required
autocomplete="current-password" style="font: inherit; padding: .4em"></label>
<button style="font: inherit; padding: .4em 1em">Open</button></form>
"""


class TokenCheck:
    """Answer 401 unless the token comes as bearer, as the cookie, or once as ``?token=`` to set the cookie."""

    def __init__(self, app: ASGIApp, token: SecretStr, root_path: str = "") -> None:
        self.app = app
        self.root_path = root_path
        self._token = token.get_secret_value().encode()
        self._session = hashlib.sha256(b"mouse session:" + self._token).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what shows the token."""
        if scope["type"] == "lifespan" or scope["path"].removeprefix(self.root_path) == OPEN_PATH:
            return await self.app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            given = HTTPConnection(scope).query_params.get("token")
            if given is not None and self._is_token(given.encode("utf-8", "replace")):
                return await self._login(scope)(scope, receive, send)
            if given is None and self._shows_token(scope):
                return await self.app(scope, receive, send)
            if "text/html" in Headers(scope=scope).get("accept", "") and "/api/" not in scope["path"]:
                return await HTMLResponse(LOGIN, 401, {"Cache-Control": "no-store"})(scope, receive, send)
        elif self._shows_token(scope):
            return await self.app(scope, receive, send)
        return await refuse(scope, receive, send, ERROR)

    def _shows_token(self, scope: Scope) -> bool:
        scheme, _, bearer = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(bearer.strip().encode("latin-1")):
            return True
        cookie = HTTPConnection(scope).cookies.get(COOKIE, "")
        return hmac.compare_digest(cookie.encode(), self._session.encode())

    def _is_token(self, given: bytes) -> bool:
        return hmac.compare_digest(given, self._token)

    def _login(self, scope: Scope) -> Response:
        """Redirect to the same address without the token; relative, so that it holds behind any proxy."""
        query = HTTPConnection(scope).query_params.multi_items()
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path: str = scope["path"]
        page = "" if path.endswith("/") else PurePosixPath(path).name
        answer = RedirectResponse(f"./{quote(page)}" + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(COOKIE, self._session, httponly=True, samesite="strict", path=self.root_path or "/")
        answer.headers["Cache-Control"] = "no-store"
        return answer
