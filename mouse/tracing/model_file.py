"""Load a model from a function addressed by file and name, as on the command line: ``my_model.py:load``."""

from collections.abc import Callable
from typing import Any

from mouse.tracing.function_file import FunctionAddress


def load_model(address: FunctionAddress) -> Callable[..., Any]:
    """Call a function that takes nothing and returns the model.

    Raises:
        ValueError: the file has no such function, or it returns nothing that can be called.
        Exception: whatever running the file and the function raises.

    Example:
        >>> model = load_model(FunctionAddress.parse("my_model.py:load", "--model"))
    """
    model = address.load()()
    if not callable(model):
        raise ValueError(  # noqa: TRY004  the function is wrong, not the type of an argument
            f"{address.option} {address}: returned a {type(model).__name__}, expected the model, something to call"
            " with the steps; return it."
        )
    return model
