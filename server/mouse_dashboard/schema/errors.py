"""The error schema, and the exceptions that carry it. Light to import: sandboxed readers use it too."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from mouse.errors import BatchError, MissingFieldError
from mouse.wording import visible


class ErrorBody(BaseModel):
    """Body of every response with a status of 400 or more."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: int
    """HTTP status, repeated."""
    code: str
    """Error code, for programs."""
    message: str
    """Message for people: field, found, expected, what to do."""
    field: str | None = None
    """The offending field, such as configs.dqn.gamma."""
    traceback: str | None = None
    """Traceback in the user's loss function, if it raised the error."""


class ApiError(Exception):
    """An error with its HTTP status and body."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        self.body = ErrorBody(status=status, code=code, message=visible(message), field=field)
        super().__init__(self.body.message)


class InvalidFieldsError(ValueError):
    """Fields of a request that validation refused, as pydantic reports them.

    `loc` is where each stands in the request, `config` the config of a loss that it is a field of, `known` the names
    that there are.
    """

    def __init__(self, errors: Sequence[Any]) -> None:
        self.errors = errors
        super().__init__("; ".join(".".join(map(str, each["loc"])) for each in errors))


def batch_error_body(error: Exception) -> ErrorBody:
    """Convert an error message of the library to an error body."""
    assert isinstance(error, BatchError | MissingFieldError)  # noqa: S101
    code = "missing_field" if isinstance(error, MissingFieldError) else "unusable_batch"
    return ErrorBody(status=422, code=code, message=str(error), field=error.field)


def too_large(max_bytes: int) -> ApiError:
    """413: a file over the size limit."""
    return ApiError(
        413,
        "too_large",
        f"file: found more than {max_bytes} bytes, expected at most that; "
        "save fewer sequences or raise MOUSE_MAX_UPLOAD_BYTES.",
        "file",
    )


class RetryLaterError(ApiError):
    """429: too many requests at once; retry in `seconds`."""

    def __init__(self, seconds: int, code: str, message: str, field: str | None = None) -> None:
        self.seconds = seconds
        super().__init__(429, code, message, field)
