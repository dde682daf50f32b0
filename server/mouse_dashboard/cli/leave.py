"""Ending the process once everything is done: to take torch apart, object by object, would take up to seconds."""

import atexit
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def leaving_at_once() -> Generator[None]:
    """Make the exit code that is raised inside the end of the process, after what others do at exit."""
    codes: list[int] = []
    atexit.register(_leave, codes)  # who is registered first comes last
    try:
        yield
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            codes.append(error.code or 0)
        raise


def _leave(codes: list[int]) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # nobody reads any more: Python tells it in its own way
    for code in codes:
        os._exit(code)
