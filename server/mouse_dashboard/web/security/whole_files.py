"""Files are served whole."""

from starlette.types import ASGIApp, Receive, Scope, Send


class WholeFiles:
    """Take the header Range off every request, which HTTP allows a server to ignore.

    Nothing here needs a part of a file, and Starlette answers a Range that it cannot serve outside the one schema:
    in plain text, or with nothing at all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything else."""
        if scope["type"] == "http":
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"range"]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)
