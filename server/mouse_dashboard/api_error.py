"""The one schema of errors, and the exception that carries it. Light: processes that only read a file import it too."""

from pydantic import BaseModel, ConfigDict


class ErrorBody(BaseModel):
    """What every response with a status of 400 or more holds."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: int
    """HTTP status, again."""
    code: str
    """What went wrong, for programs."""
    message: str
    """What went wrong, for people: field, found, expected, what to do."""
    field: str | None = None
    """The offending field, such as configs.dqn.gamma."""


class ApiError(Exception):
    """A failure whose answer is known where it is raised."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        self.body = ErrorBody(status=status, code=code, message=message, field=field)
        super().__init__(message)
