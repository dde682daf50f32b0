"""Bodies that are parsed are held in memory, so their size has a cap; the upload streams, and has its own."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mouse_dashboard.schema.errors import too_large

ANY_SIZE = "any_size"


def accept_any_size(request: Request, max_bytes: int) -> None:
    """Lift the cap for a route that reads its body as a stream.

    Raises:
        ApiError: 413, the body declares more than the route's own cap.
    """
    if declared_size(request.scope) > max_bytes:
        raise too_large(max_bytes)
    request.scope["state"][ANY_SIZE] = True


def declared_size(scope: Scope) -> int:
    """How long a body is said to be; 0 where nothing is said."""
    declared = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
    return int(declared) if declared.isascii() and declared.isdigit() else 0


class BodyLimit:
    """Answer 413 before more is read than the cap allows. Starlette's own limit answers outside the one schema."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the body as far as the cap."""
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
