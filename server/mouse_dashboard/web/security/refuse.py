"""Turning a request away before it reaches a route."""

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.web.error_response import error_response

POLICY_VIOLATION = 1008


async def refuse(scope: Scope, receive: Receive, send: Send, error: ErrorBody) -> None:
    """Answer with the error; a WebSocket is closed before it is accepted."""
    if scope["type"] == "websocket":
        await WebSocketClose(POLICY_VIOLATION, error.code)(scope, receive, send)
    else:
        await error_response(error)(scope, receive, send)
