"""Respond to unexpected errors, and to requests cancelled by the shutdown."""

import asyncio
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.web.error_response import error_response

log = logging.getLogger("mouse")

STOPPING = ErrorBody(
    status=503,
    code="stopping",
    message="The dashboard stopped before this was done; start it again and repeat the request.",
)


class UnhandledErrors:
    """Log unhandled errors and respond with an opaque 500; respond 503 to requests cancelled by the shutdown."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not started:
                await error_response(STOPPING)(scope, receive, send)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            log.exception("unexpected error in %s %s", scope["method"], ascii(scope["path"][:200]))
            body = ErrorBody(
                status=500,
                code="unexpected",
                message="Something unexpected went wrong in the server; its log says what. Please report it.",
            )
            await error_response(body)(scope, receive, send)
