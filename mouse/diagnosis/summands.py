"""The summands of a traced loss, with the gradient that each of them sends to the outputs of the model."""

from dataclasses import dataclass

from torch import Tensor

from mouse.diagnosis.function_case import FunctionCase
from mouse.tracing.gradient import pull_back
from mouse.tracing.recorder import VIEWS, Value

ADDING = frozenset({"add", "sub", "rsub", "radd", "iadd", "isub"})
PASSING = VIEWS | {
    *("neg", "mul", "rmul", "imul", "div", "truediv", "itruediv", "true_divide", "multiply", "divide"),
    *("mean", "sum", "nanmean", "nansum", "where", "masked_fill", "masked_select", "float", "double", "to", "type"),
}
"""Linear operations: behind them a sum is still the sum of its parts."""


@dataclass(frozen=True)
class Summand:
    """A value that the loss adds up."""

    value: Value
    gradient: Tensor
    """Of the loss with respect to it."""

    @property
    def factor(self) -> float:
        """What the loss multiplies it with; of different factors at different places their sum."""
        return float(self.gradient.double().abs().sum())

    def pull_back(self, tensors: list[Tensor]) -> list[Tensor | None]:
        """Part of the gradient at each tensor that comes through this summand."""
        output = self.value.differentiable
        assert output is not None  # noqa: S101  it has a gradient
        return pull_back(output, tensors, self.gradient)


def summands_of(case: FunctionCase) -> list[Summand]:
    """The values that the loss adds up, as far back as it is a sum; at places of the batch where there are such."""
    returned = case.flow.recording.values.get(-1 if case.trace.serial is None else case.trace.serial)
    if returned is None or not returned.requires_grad:
        return []
    values = list({value.serial: value for value in _split(case, returned)}.values())
    gradients = case.gradients_of(values)
    return [Summand(value, gradients[value.serial]) for value in values if value.serial in gradients]


def parts_without_gradient(case: FunctionCase) -> list[Value]:
    """What the loss adds up, as numbers or as one number per place, and no gradient leads to."""
    top = case.flow.recording.values.get(-1 if case.trace.serial is None else case.trace.serial)
    found: list[Value] = []
    open_ = [] if top is None else [top]
    while open_:
        value = open_.pop()
        if value.operation.strip("_") in ADDING | PASSING:
            parts = [part for serial in value.inputs if (part := case.flow.recording.values.get(serial)) is not None]
            going_on = [part for part in parts if case.has_gradient(part)]
            open_ += going_on if len(going_on) == 1 or value.operation.strip("_") in ADDING else []
            if value.operation.strip("_") in ADDING:
                found += [part for part in parts if not case.has_gradient(part) and _is_number(case, part)]
    return sorted(found, key=lambda each: each.serial)


def _is_number(case: FunctionCase, value: Value) -> bool:
    """Whether it is one number, or one at each place: the sum over actions of a divergence is of others."""
    shape = value.tensor.shape
    return value.tensor.is_floating_point() and (
        value.tensor.numel() == 1 or (case.places.is_place(shape) and len(shape) == case.places.batch_dims)
    )


def _split(case: FunctionCase, top: Value) -> list[Value]:
    """Follow linear operations down to a sum, and each of its parts in turn; what is no sum is one part."""
    shown: Value | None = None
    value = top
    while True:
        if shown is None and case.places.is_place(value.tensor.shape):
            shown = value
        recording = case.flow.recording
        varying = [serial for serial in value.inputs if recording.differentiable(serial) is not None]
        parts = [recording.values.get(serial) for serial in varying]
        known = [part for part in parts if part is not None]
        operation = value.operation.strip("_")
        if any(_inside_one_call(value, part) for part in known):
            return [shown or top]
        if operation in ADDING and len(parts) > 1 and len(known) == len(parts):
            return [each for part in known for each in _split(case, part)]
        if operation not in ADDING | PASSING or len(parts) != 1 or not known:
            return [shown or top]
        value = known[0]


def _inside_one_call(value: Value, part: Value) -> bool:
    """Whether both are steps of one call of a library, whose sums are not the loss's; turns of a loop are not."""
    return value.expression == part.expression and value.times == part.times
