"""An error as an answer. What stands before the routes needs it before a loss is imported."""

from collections.abc import Mapping

from starlette.responses import Response

from mouse_dashboard.schema.errors import ErrorBody


def error_response(body: ErrorBody, headers: Mapping[str, str] | None = None) -> Response:
    """Write an error out; text that UTF-8 cannot hold (lone surrogates of a request) is escaped."""
    clean = body.model_copy(
        update={
            "message": _encodable(body.message),
            "field": None if body.field is None else _encodable(body.field),
        }
    )
    return Response(clean.model_dump_json(), body.status, headers, "application/json")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
