"""Loss functions of the user's own, named on the command line."""

from collections.abc import Sequence

from mouse.losses import LOSSES
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.cli.errors import fail
from mouse_dashboard.compute.functions.registry import check_names


def functions_of(texts: Sequence[str]) -> list[FunctionAddress]:
    """Read what `--loss` says; end with a line on stderr where it names no function, or two of one name."""
    try:
        functions = [FunctionAddress.parse(text) for text in texts]
        check_names(functions, LOSSES)
    except ValueError as error:
        fail(str(error))
    return functions
