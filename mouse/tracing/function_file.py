"""Address a function by file and name, as on the command line: ``my_losses.py:ppo_loss``."""

import importlib
import importlib.util
import inspect
import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from mouse.tracing.notebook_function import notebook_file
from mouse.tracing.parameter_names import parameter_names


class FunctionAddress(NamedTuple):
    """Where a function is."""

    file: Path
    name: str
    option: str = "--loss"
    """The flag that names it, for what is said of it."""

    @classmethod
    def parse(cls, text: str, option: str = "--loss") -> "FunctionAddress":
        """Read ``path/to/file.py:function``.

        Raises:
            ValueError: it is no such text, or there is no such file.
        """
        file, colon, name = text.rpartition(":")
        if not colon or not name or not file:
            raise ValueError(f"{option} {text}: found no function's name, expected FILE.py:FUNCTION; name both.")
        if not name.isidentifier():
            raise ValueError(
                f"{option} {text}: found {name}, expected the name of a function at the top level of the file; "
                f"write `loss = {name}` there and name that."
            )
        path = Path(file).absolute()
        if not path.is_file():
            raise ValueError(f"{option} {text}: found no file {file}, expected a Python file; check the path.")
        return cls(path, name, option)

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "FunctionAddress":
        """Where a function of a file is; one that was typed into a notebook gets a file of its own.

        Raises:
            ValueError: it stands in no file, or not at its top level; of a notebook, as `notebook_file`.
        """
        inner = inspect.unwrap(function)
        name = getattr(inner, "__qualname__", type(inner).__name__)
        try:
            file = inspect.getsourcefile(inner)
        except TypeError:
            file = None
        if isinstance(inner, FunctionType) and name.isidentifier() and not (file and Path(file).is_file()):
            return cls(notebook_file(inner), name)
        if file is None or not Path(file).is_file() or not name.isidentifier():
            raise ValueError(f"{name}: found no file that holds it at its top level; move it into a .py file.")
        return cls(Path(file).absolute(), name)

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"

    def parameters(self) -> tuple[str, ...]:
        """Names of its parameters, read from its file without running it."""
        return parameter_names(self.file, self.name)

    def load(self) -> Callable[..., Any]:
        """Run the file, as Python runs a script from its folder, and return the function.

        Raises:
            ValueError: the file has no such function.
            Exception: whatever running the file raises.
        """
        folder = str(self.file.parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        name = self.file.stem
        linecache.checkcache(str(self.file))
        importlib.invalidate_caches()
        spec = importlib.util.spec_from_file_location(name, self.file)
        if spec is None or spec.loader is None:
            raise ValueError(f"{self.option} {self}: found a file that is not Python, expected a .py file; name one.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        function = getattr(module, self.name, None)
        if not callable(function):
            known = [key for key, value in vars(module).items() if inspect.isfunction(value)]
            names = ", ".join(known) or "none"
            raise ValueError(  # noqa: TRY004  the text is wrong, no type
                f"{self.option} {self}: found no function {self.name!r}, expected one of {names}; check the name."
            )
        return function
