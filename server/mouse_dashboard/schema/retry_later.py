"""A refusal that is over soon."""

from mouse_dashboard.schema.errors import ApiError


class RetryLaterError(ApiError):
    """429: too much is asked for at once; the same request may work in `seconds`."""

    def __init__(self, seconds: int, code: str, message: str, field: str | None = None) -> None:
        self.seconds = seconds
        super().__init__(429, code, message, field)
