"""The middleware before every route: path prefix, response headers, host, origin, token and size checks, no ranges."""

from starlette.middleware import Middleware

from mouse_dashboard.settings import ANY_ADDRESS, Settings
from mouse_dashboard.web.root_path import RedirectToSlash, RootPath
from mouse_dashboard.web.security.access import Access
from mouse_dashboard.web.security.authority import Authority, bracketed
from mouse_dashboard.web.security.body import BodyLimit
from mouse_dashboard.web.security.headers import IgnoreRange, ResponseHeaders
from mouse_dashboard.web.security.host import HostCheck
from mouse_dashboard.web.security.origin import OriginCheck
from mouse_dashboard.web.security.token import TokenCheck
from mouse_dashboard.web.security.unhandled_errors import UnhandledErrors


def security_middleware(settings: Settings) -> list[Middleware]:
    """List the middleware, outermost first. Applications that share a list share login sessions."""
    own = () if settings.host in ANY_ADDRESS else (bracketed(settings.host) or settings.host,)
    hosts = [name for name in map(Authority.parse, (*own, *settings.allowed_hosts)) if name]
    token: list[Middleware] = []
    if settings.token is not None:
        token = [Middleware(TokenCheck, Access(settings.token, settings.root_path), settings.root_path)]
    prefix = [settings.root_path] if settings.root_path else []
    return [
        *(Middleware(RootPath, path) for path in prefix),
        Middleware(ResponseHeaders, settings.frame_ancestors),
        Middleware(UnhandledErrors),
        Middleware(HostCheck, hosts, any_host=settings.any_host),
        Middleware(OriginCheck, hosts),
        *token,
        Middleware(BodyLimit, settings.max_json_bytes),
        Middleware(IgnoreRange),
        *(Middleware(RedirectToSlash, path) for path in prefix),
    ]
