"""The user's functions that the command line names: losses, and functions that return a model."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from traceback import extract_tb
from typing import Any

from mouse.errors import BatchError, MissingFieldError
from mouse.losses.registered import all_losses
from mouse.tracing.function_file import FunctionAddress
from mouse.tracing.model_file import load_model
from mouse_dashboard.cli.errors import fail
from mouse_dashboard.compute.functions.registry import check_names

MODEL = "--model"


def parse_functions(texts: Sequence[str]) -> list[FunctionAddress]:
    """Parse `--loss`; exit with a line on stderr if it names no function, or two with the same name."""
    try:
        functions = [FunctionAddress.parse(text) for text in texts]
        check_names(functions, all_losses())
    except ValueError as error:
        fail(str(error))
    return functions


def model_address(text: str) -> FunctionAddress:
    """Parse `--model`; exit with a line on stderr if it names no function."""
    try:
        return FunctionAddress.parse(text, MODEL)
    except ValueError as error:
        fail(str(error))


def load_function(address: FunctionAddress) -> Callable[..., Any]:
    """Load a function."""
    with user_code_errors(address):
        return address.load()


def load_user_model(address: FunctionAddress) -> Callable[..., Any]:
    """Load a model by calling its function."""
    with user_code_errors(address):
        return load_model(address)


@contextmanager
def user_code_errors(address: FunctionAddress) -> Generator[None]:
    """Run the user's code, which may raise anything; on an error, exit with a line on stderr that names their line."""
    try:
        yield
    except (Exception, SystemExit) as error:  # noqa: BLE001
        own = isinstance(error, BatchError | MissingFieldError) or str(error).startswith(f"{address.option} ")
        if own:  # mouse says what is wrong
            fail(str(error))
        lines = [each.lineno for each in extract_tb(error.__traceback__) if each.filename == str(address.file)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        where = "" if line is None else f", at line {line}"
        fail(f"{address.option} {address}: raised {type(error).__name__}: {error}{where}; repair the file.")
