"""Errors of readers."""

import errno

from mouse_dashboard.schema.errors import ApiError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""How the system says that a disk is full: numbers of errors that say nothing of the file that was to be written."""


def invalid_file(found: str, expected: str, fix: str = "save the batch again with save_batch") -> ApiError:
    """An error for a file of a known format with invalid content."""
    return ApiError(422, "broken_file", f"file: found {found}, expected {expected}; {fix}.", "file")


def quote_name(name: str) -> str:
    """Quote a field name in an error: one line, truncated."""
    return repr(name if len(name) <= 60 else f"{name[:60]}...")
