"""The source files of a loss function: its own and those it imports, without libraries."""

import os
import sys
import traceback
from collections.abc import Collection

from mouse.tracing.function import LIBRARIES

OURS = ("mouse", "mouse_dashboard")


def imported_files(earlier: Collection[str]) -> set[str]:
    """Files of the modules imported since `earlier`."""
    new = {name: module for name, module in sys.modules.copy().items() if name not in earlier}
    files = {getattr(module, "__file__", None) for name, module in new.items() if name.partition(".")[0] not in OURS}
    return {file for file in files if file and not _is_of_library(file)}


def files_of_error(error: BaseException) -> set[str]:
    """Files in which an error was raised, or that cannot be parsed: a module that fails is not in `sys.modules`."""
    files = {frame.filename for frame in traceback.extract_tb(error.__traceback__)}
    files |= {error.filename} if isinstance(error, SyntaxError) and error.filename else set()
    return {file for file in files if os.path.isfile(file) and not _is_of_library(file)}  # noqa: PTH113  text


def _is_of_library(file: str) -> bool:
    return file.startswith(tuple(f"{folder}{os.sep}" for folder in LIBRARIES))
