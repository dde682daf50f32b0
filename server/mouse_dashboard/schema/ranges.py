"""Half-open ranges of requests, held to what there is."""

from collections.abc import Sequence

from mouse_dashboard.schema.errors import ApiError


def check_range(wanted: Sequence[int] | None, size: int, field: str) -> tuple[int, int]:
    """The range asked for, or all of it where none is; `field` is where it stands in the request.

    Raises:
        ApiError: 422, empty or outside.
    """
    start, stop = wanted or (0, size)
    if not 0 <= start < stop <= size:
        message = f"{field}: found {start} to {stop}, expected a non-empty part of 0 to {size}; the end is exclusive."
        raise ApiError(422, "bad_range", message, field)
    return start, stop
