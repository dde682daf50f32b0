"""Unwrap the user's callable to its function: decorators, `functools.partial`, modules and callable objects."""

import functools
import inspect
import os
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, cast

from torch import nn

LIBRARIES = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
OWN = str(Path(__file__).parent)


def callee_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a call of a function calls with the same arguments: of a module its `forward`."""
    if isinstance(function, nn.Module):
        return function.forward
    return function if _is_plain(function) else function.__call__


def written_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it stands in the source."""
    inner = _behind_partial(inspect.unwrap(callee_of(function)))
    return function if inner is function else written_function(inner)


def name_of(function: Callable[..., Any]) -> str:
    """What to call a function."""
    return str(getattr(written_function(function), "__name__", "")) if _is_plain(function) else type(function).__name__


def code_of(function: Callable[..., Any]) -> CodeType | None:
    """The code of a function; None of one that is not written in Python."""
    return getattr(written_function(function), "__code__", None)


def user_files(function: Callable[..., Any]) -> Callable[[str], bool]:
    """Whether a file is of the same project as a function: in its folder or package, and no library's."""
    code = code_of(function)
    if code is None:
        return lambda _: False
    if not Path(code.co_filename).is_absolute():  # typed at a prompt: `<stdin>`, `<ipython-input-3-...>`
        prompt = code.co_filename.partition("-")[0]
        return lambda file: file.startswith(prompt)
    folder = f"{_package(Path(code.co_filename).parent)}{os.sep}"
    libraries = tuple(f"{each}{os.sep}" for each in (*LIBRARIES, OWN) if not folder.startswith(f"{each}{os.sep}"))
    return lambda file: file.startswith(folder) and not file.startswith(libraries)


def _package(folder: Path) -> Path:
    """The outermost package that holds a folder; the folder itself where it is none."""
    while (folder / "__init__.py").is_file() and (folder.parent / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _is_plain(function: Callable[..., Any]) -> bool:
    partial = _behind_partial(function) is not function
    return partial or inspect.isroutine(function) or inspect.isclass(function)


def _behind_partial(function: Callable[..., Any]) -> Callable[..., Any]:
    return cast("functools.partial[Any]", function).func if isinstance(function, functools.partial) else function
