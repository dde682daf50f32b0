"""Exit the process without Python's teardown: destroying torch's objects one by one takes up to seconds."""

import atexit
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def exit_without_teardown() -> Generator[None]:
    """Exit with the code raised inside the block, once all other `atexit` handlers have run."""
    codes: list[int] = []
    atexit.register(_leave, codes)  # `atexit` runs handlers in reverse order, so this one runs last
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
        return  # the output is closed: let Python report that
    for code in codes:
        os._exit(code)
