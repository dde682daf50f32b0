"""Error responses. The middleware needs them before any loss is imported."""

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from mouse_dashboard.schema.errors import ErrorBody

POLICY_VIOLATION = 1008


def error_response(body: ErrorBody, headers: Mapping[str, str] | None = None) -> Response:
    """Make a JSON response of an error; text that UTF-8 cannot encode (lone surrogates of a request) is escaped."""
    clean = body.model_copy(
        update={
            "message": _encodable(body.message),
            "field": None if body.field is None else _encodable(body.field),
        }
    )
    return Response(clean.model_dump_json(), body.status, headers, "application/json")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


async def refuse(scope: Scope, receive: Receive, send: Send, error: ErrorBody) -> None:
    """Respond with the error; a WebSocket is closed before it is accepted."""
    if scope["type"] == "websocket":
        await WebSocketClose(POLICY_VIOLATION, error.code)(scope, receive, send)
    else:
        await error_response(error)(scope, receive, send)
