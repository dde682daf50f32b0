"""Headers that are added to every response, errors included, and the Range header, removed from every request."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_security_policy(frame_ancestors: str) -> str:
    """What the page may load and who may frame it."""
    # Plotly and Mantine write style attributes, hence 'unsafe-inline' for styles; figures export as data and blobs.
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "font-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        )
    )


HEADERS = {
    "Accept-Ranges": "none",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
MAY_DIFFER = {"Referrer-Policy"}
"""What an answer may say itself."""


class ResponseHeaders:
    """Add security headers to every response."""

    def __init__(self, app: ASGIApp, frame_ancestors: str = "'none'") -> None:
        self.app = app
        self.headers = HEADERS | {"Content-Security-Policy": content_security_policy(frame_ancestors)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request and add the headers to the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(
                    {
                        name: value
                        for name, value in self.headers.items()
                        if name not in MAY_DIFFER or name not in headers
                    }
                )
            await send(message)

        await self.app(scope, receive, send_with_headers)


class IgnoreRange:
    """Remove the Range header from every request, which HTTP allows a server to ignore.

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
