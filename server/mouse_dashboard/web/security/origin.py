"""Prevent cross-site writes and WebSockets from pages of other origins.

The scheme, host and port that a page comes from are compared with those it was asked at. Whether there is TLS in front
only the browser knows: a page of the other scheme on the same host and (default) port is what it calls cross-site.
"""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.web.error_response import refuse
from mouse_dashboard.web.security.authority import DEFAULT_PORTS, Authority

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
OTHER_ORIGINS = {"cross-site", "same-site"}


class OriginCheck:
    """Reject writes and WebSockets from pages of another origin; non-browser clients pass."""

    def __init__(self, app: ASGIApp, allowed: Sequence[Authority] = ()) -> None:
        self.app = app
        self.allowed = set(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward requests of the own page and of non-browser clients."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["method"] in SAFE_METHODS):
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        called = Authority.parse(headers["host"])
        if (
            called
            and headers.get("sec-fetch-site") not in OTHER_ORIGINS
            and all(self._is_own(origin, called) for origin in origins)
        ):
            return await self.app(scope, receive, send)
        error = ErrorBody(
            status=403,
            code="cross_site",
            message="A page of another origin sent this request; use the dashboard's own page. "
            "If a proxy serves it under another name or port, start it with --allowed-hosts NAME:PORT.",
        )
        return await refuse(scope, receive, send, error)

    def _is_own(self, origin: str, called: Authority) -> bool:
        """Compare host and port, not the site: other ports of a host are other programs.

        A proxy may put another Host in place of its own. Then the page comes from an allowed name: at the port named
        with it, else at its scheme's own.
        """
        scheme, _, authority = origin.partition("://")
        page = Authority.parse(authority)
        if scheme not in DEFAULT_PORTS or page is None:
            return False
        host, port = page.at(scheme)
        if (host, port) == called.at(scheme) or Authority(host, port) in self.allowed:
            return True
        return page.port is None and page.host != called.host and page in self.allowed
