"""The rule over functions that return no loss."""

from collections.abc import Iterator

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.function_case import FunctionCase
from mouse.diagnosis.rule import rule


@rule(
    "loss-raises",
    "error",
    shows="Calling the function on the batch, with its parameters as they are.",
    why="Training stops at the same place; no other rule for a function could run.",
    fix="Repair the line named, or the field that the function asks for.",
)
def loss_raises(case: FunctionCase) -> Iterator[RawFinding]:
    """The loss function raises.

    The function raises an exception, asks for a field that the batch lacks, or returns something that is no loss.
    """
    if case.error is not None:
        yield RawFinding(message=case.error, loss=case.name)
