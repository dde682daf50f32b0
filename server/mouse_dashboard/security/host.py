"""Only requests that call this server by one of its names pass: a foreign page cannot rebind its own name to us."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mouse_dashboard.errors import ErrorBody
from mouse_dashboard.security.refusal import refuse

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:(?P<port>[0-9]{1,5}))?")


def host_of(authority: str) -> str | None:
    """Return the host of ``host:port``; None when it is no such thing."""
    parts = AUTHORITY.fullmatch(authority.lower())
    return parts["host"] if parts else None


class HostCheck:
    """Turn away requests and WebSockets whose Host header is not exactly one known name."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str] = (), *, any_host: bool = False) -> None:
        self.app = app
        self.allowed = {*LOOPBACK, *allowed_hosts}
        self.any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is addressed to us."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        given = Headers(scope=scope).getlist("host")
        if len(given) == 1 and self._is_ours(host_of(given[0])):
            return await self.app(scope, receive, send)
        found = f"{given[0][:60]!r}" if given else "nothing"
        error = ErrorBody(
            status=400,
            code="unknown_host",
            message=f"Host: found {found}, expected localhost or an allowed name; "
            "start the dashboard with --allowed-hosts NAME to serve it under that name.",
        )
        return await refuse(scope, receive, send, error)

    def _is_ours(self, host: str | None) -> bool:
        """With a token any name may do: a foreign page that rebinds its own does not have the cookie of that name."""
        return host in self.allowed or (self.any_host and host is not None)
