"""Bodies that are parsed are held in memory, so their size has a cap; the upload streams, and has its own."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANY_SIZE = "any_size"


def accept_any_size(request: Request) -> None:
    """Lift the cap for a route that reads its body as a stream."""
    request.scope["state"][ANY_SIZE] = True


class BodyLimit:
    """Answer 413 once more has come in than the cap allows. Starlette's own limit answers outside the one schema."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the body as far as the cap."""
        state = scope.setdefault("state", {})
        size = 0

        async def receive_with_limit() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_bytes and not state.get(ANY_SIZE):
                raise HTTPException(413)
            return message

        await self.app(scope, receive_with_limit, send)
