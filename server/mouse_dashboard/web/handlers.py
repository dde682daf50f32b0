"""Exception handlers: convert every error to the one error schema."""

from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match

from mouse.errors import BatchError, MissingFieldError
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError
from mouse_dashboard.evaluate.batch_evaluation import function_error_body
from mouse_dashboard.reading.cancellation import ReadCancelledError
from mouse_dashboard.schema.errors import ApiError, ErrorBody, InvalidFieldsError, RetryLaterError, batch_error_body
from mouse_dashboard.web.error_response import error_response
from mouse_dashboard.web.validation_errors import explain

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MESSAGES = {
    400: ("unreadable", "The body cannot be read as JSON; send a plain object."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not accept this method."),
    413: ("too_large", "The request is larger than this address accepts."),
}


def install_handlers(app: FastAPI) -> None:
    """Install handlers that convert every error raised in a route to the one schema."""
    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(BatchError)(_batch_error)
    app.exception_handler(MissingFieldError)(_batch_error)
    app.exception_handler(FunctionFailedError)(_function_error)
    app.exception_handler(RequestValidationError)(_validation_error)
    app.exception_handler(InvalidFieldsError)(_invalid_fields)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(ClientDisconnect)(_gone)
    app.exception_handler(ReadCancelledError)(_gone)


async def _api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, RetryLaterError) else None
    return error_response(error.body, headers)


async def _batch_error(_request: Request, error: Exception) -> Response:
    return error_response(batch_error_body(error))


async def _function_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, FunctionFailedError)  # noqa: S101
    return error_response(function_error_body(error.problem))


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    place = error.errors()[0]["loc"][0]
    route = cast("APIRoute", request.scope["route"])
    fields = route.dependant.body_params if place == "body" else route.dependant.query_params
    types = [field.field_info.annotation for field in fields]
    explanation = explain(error.errors(), request.headers.get("content-type", ""), types)
    return error_response(ErrorBody(**explanation._asdict()))


async def _invalid_fields(_request: Request, error: Exception) -> Response:
    assert isinstance(error, InvalidFieldsError)  # noqa: S101
    return error_response(ErrorBody(**explain(error.errors)._asdict()))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code
    headers = {"Allow": ", ".join(_methods_of(request))} if status == 405 else error.headers
    code, message = MESSAGES.get(status, (HTTPStatus(status).phrase.lower().replace(" ", "_"), error.detail))
    return error_response(ErrorBody(status=status, code=code, message=message), headers)


def _methods_of(request: Request) -> list[str]:
    """All methods allowed at this path: the router itself lists those of one route only."""
    routes: list[BaseRoute] = request.app.routes
    scopes = ({**request.scope, "method": method} for method in METHODS)
    return [scope["method"] for scope in scopes if any(route.matches(scope)[0] is Match.FULL for route in routes)]


async def _gone(_request: Request, _error: Exception) -> Response:
    return error_response(ErrorBody(status=400, code="gone", message="The client went away before the end."))
