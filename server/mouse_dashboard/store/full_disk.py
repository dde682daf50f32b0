"""The response when the data folder's disk is full."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from mouse_dashboard.reading.errors import NO_ROOM
from mouse_dashboard.schema.errors import ApiError

log = logging.getLogger("mouse")
WRITE_ERRORS = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC"})
"""SQLite calls only ENOSPC full. A used-up quota (EDQUOT) is an I/O error of a write to it, or of the sync after it."""


@contextmanager
def refuse_full_disk() -> Generator[None]:
    """Raise 507 if the disk is full."""
    message = "file: found no room left in the data folder, on its disk or in your quota; delete batches or free space."
    full = ApiError(507, "disk_full", message)
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise full from error
        raise
    except OperationalError as error:
        if has_no_room(error.orig):
            log.warning("the data base cannot be written to: %s", error.orig)  # a failing disk looks the same
            raise full from error
        raise


def has_no_room(error: BaseException | None) -> bool:
    """Whether SQLite failed because the disk is full."""
    return getattr(error, "sqlite_errorname", None) in WRITE_ERRORS  # errors of Python's own module have no name
