"""What is said when the data folder has no room left."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from mouse_dashboard.reading.disk_full import NO_ROOM
from mouse_dashboard.schema.errors import ApiError


@contextmanager
def refuse_full_disk() -> Generator[None]:
    """Answer 507 where there is no room left."""
    full = ApiError(507, "disk_full", "file: found no room left in the data folder; delete batches or free some space.")
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise full from error
        raise
    except OperationalError as error:
        if "full" in str(error.orig):
            raise full from error
        raise
