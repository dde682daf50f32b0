"""What stands before every route: response headers, host, origin, token and size checks, no ranges; outermost first."""

from starlette.middleware import Middleware

from server.errors import LastResort
from server.security.body import BodyLimit
from server.security.headers import ResponseHeaders
from server.security.host import HostCheck
from server.security.origin import OriginCheck
from server.security.token import TokenCheck
from server.security.whole_files import WholeFiles
from server.settings import ANY_ADDRESS, Settings, is_loopback


def guards(settings: Settings) -> list[Middleware]:
    """All of them, in the order in which a request passes."""
    own = () if settings.host in ANY_ADDRESS or is_loopback(settings.host) else (settings.host.lower(),)
    hosts = (*settings.allowed_hosts, *own)
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
