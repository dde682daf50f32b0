"""Pages of other sites cannot write here through a visitor's browser, nor open WebSockets."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mouse_dashboard.errors import ErrorBody
from mouse_dashboard.security.host import host_of
from mouse_dashboard.security.refusal import refuse

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class OriginCheck:
    """Turn away writes and WebSockets that a page of another origin sends; clients without a browser pass."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str] = ()) -> None:
        self.app = app
        self.allowed = set(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what our own page sends, and what no page sends."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["method"] in SAFE_METHODS):
            return await self.app(scope, receive, send)
        if self._is_ours(Headers(scope=scope)):
            return await self.app(scope, receive, send)
        error = ErrorBody(
            status=403,
            code="cross_site",
            message="Another site's page sent this request; use the dashboard's own page, "
            "or start it with --allowed-hosts NAME if it is served under that name.",
        )
        return await refuse(scope, receive, send, error)

    def _is_ours(self, headers: Headers) -> bool:
        """Ask for the same host and port, not the same site: other ports of localhost are other programs."""
        if headers.get("sec-fetch-site") == "cross-site":
            return False
        origins = headers.getlist("origin")
        return all(self._is_own_origin(origin, headers["host"]) for origin in origins)

    def _is_own_origin(self, origin: str, host: str) -> bool:
        scheme, _, authority = origin.partition("://")
        if scheme not in {"http", "https"}:
            return False
        return authority.lower() == host.lower() or host_of(authority) in self.allowed
