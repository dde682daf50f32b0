"""A function typed into a notebook as a file of its own, so that another process can load and trace it.

The file holds the function's source with what it uses of the notebook: imports, plain values, functions and classes.
"""

import ast
import builtins
import inspect
import linecache
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any

_folders: list[TemporaryDirectory[str]] = []
"""One per interpreter, removed with it."""


def notebook_file(function: FunctionType) -> Path:
    """Write a function into a file, always the same one for the same name, and return its path.

    Raises:
        ValueError: it has no source, is no function of its own, or uses a value that no source text makes.
    """
    if not _folders:
        _folders.append(TemporaryDirectory(prefix="mouse-notebook-"))
    file = Path(_folders[0].name) / f"notebook_{function.__name__}.py"
    text = _Module(function).text
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
    return file


class _Module:
    """The text of a module that defines a function and everything that it uses."""

    def __init__(self, function: FunctionType) -> None:
        self._function = function
        self._lines: dict[str, str] = {}
        """Definitions by name, each after those that it uses."""
        self._define(function.__name__, function)
        paths = [path or str(Path.cwd()) for path in sys.path]
        self.text = "\n\n".join([
            f"import sys\n\nsys.path += [path for path in {paths!r} if path not in sys.path]",
            *filter(None, self._lines.values()),
            "",
        ])  # fmt: skip

    def _define(self, name: str, value: Any) -> None:
        if name in self._lines:
            return
        self._lines[name] = ""  # functions may call each other
        line = _import_of(name, value) or _assignment_of(name, value)
        if line is None:
            line = self._source(name, value)
            for used in _globals_in(line):
                if used in self._function.__globals__ and used != name:
                    self._define(used, self._function.__globals__[used])
        self._lines.pop(name)
        self._lines[name] = line

    def _source(self, name: str, value: Any) -> str:
        source = None
        if isinstance(value, FunctionType) and value.__name__ == name:
            source = _source_of_function(value)
        elif isinstance(value, type) and value.__name__ == name:
            source = _source_of_class(name, self._function.__code__.co_filename)
        if source is None:
            own = self._function.__name__
            raise ValueError(
                f"{own}: found {name}, a {type(value).__name__} that only this interpreter has, expected imports, "
                "plain values, functions and classes with their source; move what it uses into a .py file."
            )
        return source


def _import_of(name: str, value: Any) -> str | None:
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}"
    module, qualified = getattr(value, "__module__", None) or "__main__", getattr(value, "__qualname__", "")
    if module == "__main__" or not qualified.isidentifier():
        return None
    found = getattr(sys.modules.get(module), qualified, None)
    return f"from {module} import {qualified} as {name}" if found is value else None


def _assignment_of(name: str, value: Any) -> str | None:
    """A plain value as a line of source, if its text makes it again."""
    try:
        return f"{name} = {value!r}" if ast.literal_eval(repr(value)) == value else None
    except (ValueError, SyntaxError, TypeError):
        return None


def _globals_in(source: str) -> Iterator[str]:
    """Names that a definition takes from its module, when it is made or when it runs."""
    tables = [symtable.symtable(source, "<notebook>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            is_global = table.get_type() == "module" or symbol.is_global()
            if is_global and symbol.is_referenced() and not hasattr(builtins, symbol.get_name()):
                yield symbol.get_name()


def _source_of_function(function: FunctionType) -> str | None:
    try:
        return None if function.__closure__ else dedent(inspect.getsource(function))
    except OSError:  # typed at a prompt that keeps no source
        return None


def _source_of_class(name: str, cell: str) -> str | None:
    """The last definition in a cell: Python knows no file of a class of a notebook."""
    found = None
    for file in linecache.cache:
        if file.partition("-")[0] == cell.partition("-")[0] or Path(file).parent == Path(cell).parent:
            source = "".join(linecache.getlines(file))
            for node in ast.parse(source).body:
                if isinstance(node, ast.ClassDef) and node.name == name:
                    found = ast.unparse(node)
    return found
