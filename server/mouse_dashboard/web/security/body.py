"""Limit body sizes: parsed bodies are held in memory; the upload is streamed and has its own limit."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mouse_dashboard.schema.errors import too_large

ANY_SIZE = "any_size"


def lift_body_limit(request: Request, max_bytes: int) -> None:
    """Lift the limit for a route that streams its body.

    Raises:
        ApiError: 413, the declared size exceeds the route's own limit.
    """
    if declared_size(request.scope) > max_bytes:
        raise too_large(max_bytes)
    request.scope["state"][ANY_SIZE] = True


def declared_size(scope: Scope) -> int:
    """The Content-Length; 0 if absent."""
    declared = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
    return int(declared) if declared.isascii() and declared.isdigit() else 0


class BodyLimit:
    """Respond 413 before reading more than the limit. Starlette's own limit does not use the error schema."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the body up to the limit."""
        state = scope.setdefault("state", {})
        size = 0
        declared = declared_size(scope)

        async def receive_with_limit() -> Message:
            nonlocal size
            if declared > self.max_bytes and not state.get(ANY_SIZE):
                raise HTTPException(413)
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_bytes and not state.get(ANY_SIZE):
                raise HTTPException(413)
            return message

        await self.app(scope, receive_with_limit, send)
