"""Browser login: with the link that contains the token, or with the login form."""

from pathlib import PurePosixPath
from urllib.parse import parse_qs, quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mouse_dashboard.web.security.access import Access
from mouse_dashboard.web.security.login_page import login_page, retry_page

PATH = "/login"
WRONG = "wrong_token"
"""In the query of the login page once a token was wrong."""
MOST_FORM_BYTES = 1 << 12


class Login:
    """URLs are relative, so that they work behind any proxy; the first redirect removes the token from the URL."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def answer(self, request: Request, path: str) -> Response | None:
        """Respond to a login or ask for one; None for any other request. `path` is below the dashboard's prefix."""
        if path == PATH and request.method == "POST":
            return await self._form(request, path)
        if request.method not in {"GET", "HEAD"}:
            return None
        token = request.query_params.get("token")
        if token is not None:
            opened = _redirect(_same_address(request))
            if await self._access.log_in(request, token, opened):
                return opened
        if path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
            return None
        if not await self._access.is_granted(request):
            return self._ask(request, path)
        leaves = path == PATH or token is not None
        return _redirect(_address(request, path, "") if path == PATH else _same_address(request)) if leaves else None

    def _ask(self, request: Request, path: str) -> Response:
        if "token" in request.query_params:
            return _redirect(_address(request, path, "login", **{WRONG: "1"}))
        headers = request.headers
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") == "navigate":
            return retry_page()
        return login_page(_address(request, path, "login"), wrong=WRONG in request.query_params)

    async def _form(self, request: Request, path: str) -> Response:
        opened = _redirect(_address(request, path, ""))
        if await self._access.log_in(request, await _token_of(request), opened):
            return opened
        return login_page(_address(request, path, "login"), wrong=True)


async def _token_of(request: Request) -> str:
    """Read the token from the form; a body that is too long has no token."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            return ""
    return parse_qs(body.decode("latin-1")).get("token", [""])[0]


def _redirect(address: str) -> Response:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _same_address(request: Request) -> str:
    whole: str = request.scope["path"]
    return "./" + ("" if whole.endswith("/") else quote(PurePosixPath(whole).name)) + _query(request)


def _address(request: Request, path: str, page: str, **more: str) -> str:
    """Relative URL of a page at the dashboard's root, seen from the requested path."""
    up = "../" * (path.count("/") - 1) if path else f"{quote(PurePosixPath(request.scope['path']).name)}/"
    return f"./{up}{page}{_query(request, **more)}"


def _query(request: Request, **more: str) -> str:
    """The query without the token."""
    rest = [pair for pair in request.query_params.multi_items() if pair[0] not in {"token", WRONG}]
    return f"?{urlencode([*rest, *more.items()])}" if rest or more else ""
