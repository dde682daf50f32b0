"""Accept only requests to a known host name, which prevents DNS rebinding by foreign pages."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.web.error_response import refuse
from mouse_dashboard.web.security.authority import DEFAULT_PORTS, Authority, bracketed

LOOPBACK = tuple(Authority(host, None) for host in ("localhost", "127.0.0.1", "[::1]"))


class HostCheck:
    """Reject requests and WebSockets whose Host header is not exactly one known name."""

    def __init__(self, app: ASGIApp, allowed: Sequence[Authority] = (), *, any_host: bool = False) -> None:
        self.app = app
        self.allowed = {*LOOPBACK, *allowed}
        self.any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward requests to a known host."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        found = Headers(scope=scope).getlist("host")
        called = Authority.parse(found[0]) if len(found) == 1 else None
        if called and (self.any_host or self._is_allowed(called) or called.host == _own_address(scope)):
            return await self.app(scope, receive, send)
        what = f"{found[0][:60]!r}" if found else "nothing"
        error = ErrorBody(
            status=400,
            code="unknown_host",
            message=f"Host: found {what}, expected localhost or an allowed name; "
            "start the dashboard with --allowed-hosts NAME to serve it under that name.",
        )
        return await refuse(scope, receive, send, error)

    def _is_allowed(self, called: Authority) -> bool:
        """A name allowed without a port is allowed with any port; browsers omit a scheme's default port."""
        ports = DEFAULT_PORTS.values() if called.port is None else (called.port,)
        return any(Authority(called.host, port) in self.allowed for port in (None, *ports))


def _own_address(scope: Scope) -> str | None:
    """The IP address that the client connected to: unlike a name, an address cannot be rebound."""
    server: tuple[str, int | None] | None = scope.get("server")
    return bracketed(server[0]) if server else None
