"""Support for a path prefix, with proxies that strip it and proxies that do not."""

from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """Set the prefix as ASGI requires: as `root_path`, and at the start of `path`."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request."""
        if scope["type"] != "lifespan":
            path: str = scope["path"]
            whole = path if f"{path}/".startswith(f"{self.root_path}/") else self.root_path + path
            scope = {**scope, "root_path": self.root_path, "path": whole}
        await self.app(scope, receive, send)


class RedirectToSlash:
    """Redirect the bare prefix to the prefix with a slash, which the page's relative file names need."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward any other request."""
        asked = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and scope["path"] == self.root_path
        if asked:
            query = quote(scope["query_string"], safe="%&=+")
            target = f"./{quote(PurePosixPath(self.root_path).name)}/" + (f"?{query}" if query else "")
            return await RedirectResponse(target)(scope, receive, send)
        return await self.app(scope, receive, send)
