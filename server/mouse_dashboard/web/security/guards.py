"""All that stands before every route: response headers, host, origin, token and size checks, no ranges."""

from starlette.middleware import Middleware

from mouse_dashboard.settings import ANY_ADDRESS, Settings
from mouse_dashboard.web.handlers import LastResort
from mouse_dashboard.web.security.authority import Authority, bracketed
from mouse_dashboard.web.security.body import BodyLimit
from mouse_dashboard.web.security.headers import ResponseHeaders
from mouse_dashboard.web.security.host import HostCheck
from mouse_dashboard.web.security.origin import OriginCheck
from mouse_dashboard.web.security.token import TokenCheck
from mouse_dashboard.web.security.whole_files import WholeFiles


def guards(settings: Settings) -> list[Middleware]:
    """All of them, in the order in which a request passes, outermost first."""
    own = () if settings.host in ANY_ADDRESS else (bracketed(settings.host) or settings.host,)
    hosts = [name for name in map(Authority.parse, (*own, *settings.allowed_hosts)) if name]
    token = [] if settings.token is None else [Middleware(TokenCheck, settings.token, settings.root_path)]
    return [
        Middleware(ResponseHeaders, settings.frame_ancestors),
        Middleware(LastResort),
        Middleware(HostCheck, hosts, any_host=settings.any_host),
        Middleware(OriginCheck, hosts),
        *token,
        Middleware(BodyLimit, settings.max_json_bytes),
        Middleware(WholeFiles),
    ]
