"""Errors of readers."""

import errno

from mouse_dashboard.schema.errors import ApiError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""How the system says that a disk is full: numbers of errors that say nothing of the file that was to be written."""


def broken(found: str, expected: str, fix: str = "save the batch again with save_batch") -> ApiError:
    """Say what was found in a file of a known format."""
    return ApiError(422, "broken_file", f"file: found {found}, expected {expected}; {fix}.", "file")


def quoted(name: str) -> str:
    """Name a field in an error: one line, never long."""
    return repr(name if len(name) <= 60 else f"{name[:60]}...")
