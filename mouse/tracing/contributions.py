"""Contributions of places to a loss that is a weighted sum over places: means, sums, masked and weighted means.

With x_k the last tensors of places on the way to the scalar, ``loss = sum_k sum(d loss / d x_k * x_k)`` holds where the
rest of the way is linear, and then the summands are what each place adds. Linear it is where the gradient depends on no
x_k, as a second differentiation would tell. What the loss adds besides, such as a number, depends on no place: all
have the same share of it.
"""

from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from mouse.tracing.summands import PlaceTensor, constant_of, last_place_tensors, pull_back_to
from mouse.tracing.trace import Trace

NOT_LINEAR = "the loss is no weighted sum of values per place: their weights depend on the values"
TOLERANCE = 1e-4
"""Part of the sum of absolute contributions up to which the sum may miss the loss, from rounding alone."""


@dataclass(frozen=True)
class Contributions:
    """The loss per place, so that its mean is the loss."""

    values: Tensor | None
    """``[B, time]``; None where the loss is no sum over places."""
    dims: tuple[str, ...]
    formula: str
    reason: str
    """Why there is none."""
    summands: tuple[int, ...] = ()
    """Serials of the tensors that the loss adds up."""
    constant: float = 0.0
    """What the loss adds besides, which depends on no place: every place has the same share of it."""


@dataclass(frozen=True)
class Summand:
    """A tensor of places, with the gradient of the loss with respect to it."""

    serial: int
    tensor: Tensor
    gradient: Tensor

    def formula(self, name: str) -> str:
        """Factor and name; where the factor differs from place to place it is written as weight."""
        name = name if name.isidentifier() else f"({name})"
        smallest, largest = self.gradient.aminmax()
        if not bool(smallest == largest):
            return f"weight_of_place * {name}"
        factor = float(smallest) * self.tensor.numel()
        return name if abs(factor - 1) < 1e-6 else f"{factor:.6g} * {name}"

    def parts(self) -> Tensor:
        """What each entry adds. What the loss does not read adds nothing, whatever it holds."""
        wide = torch.promote_types(self.tensor.dtype, torch.float64)
        parts = self.tensor.detach().to(wide) * self.gradient.to(wide)
        return parts.masked_fill(self.gradient == 0, 0)


def contributions(trace: Trace, formulas: dict[int, str]) -> Contributions:
    """Split the loss among the places; `formulas` names values by their serial."""
    found = last_place_tensors(trace)
    if trace.loss.numel() == 0 or not any(each.tensor.numel() for each in found.values()):
        return _none("the loss depends on no tensor of the batch's shape")
    if len(found) == 1:
        ((serial, last),) = found.items()
        if last.placement is None and _is_plain_mean(trace, serial):
            dims = trace.places.dims(last.tensor.shape) or ()
            values = last.grid(trace, last.tensor.detach())
            values = values.mean(-1) if values.dim() == 3 else values
            return Contributions(values, dims[:2], formulas.get(serial) or _text(trace, serial), "", (serial,))
    return _weighted(trace, found, formulas)


def _is_plain_mean(trace: Trace, serial: int) -> bool:
    entries = trace.recording.entries(serial)
    if serial == trace.serial:  # one value per place was returned, or the mean of one by a loss of torch
        return entries is None or entries.is_mean
    last = trace.recording.values[trace.serial] if trace.serial is not None else None
    return last is not None and last.inputs == (serial,) and last.operation == "mean" and last.tensor.dim() == 0


def _weighted(trace: Trace, found: dict[int, PlaceTensor], formulas: dict[int, str]) -> Contributions:
    if not trace.loss.requires_grad:
        return _none("no gradient leads from the loss to a value per place")
    steps = pull_back_to(trace, found)
    if steps is None:
        return _none(NOT_LINEAR)
    reached = [step for step in reversed(steps) if step.serial in found and step.gradient.numel()]
    if not reached:
        return _none("no gradient leads from the loss to a value per place")
    summands = [Summand(step.serial, found[step.serial].tensor, step.gradient) for step in reached]
    parts = [found[summand.serial].grid(trace, summand.parts()) for summand in summands]
    parts = [part.sum(-1) if part.dim() == 3 else part for part in parts]
    total = reduce(torch.add, _aligned(parts, trace.places.steps))
    missed = float(trace.loss.detach()) - float(total.sum())
    tolerance = max(TOLERANCE, 8 * torch.finfo(trace.loss.dtype).eps) * float(total.abs().sum())
    finite = bool(trace.loss.isfinite())  # else what is not finite is what one wants to see
    constant = 0.0
    if finite and not abs(missed) <= tolerance:
        found_constant = constant_of(trace, steps, found)
        if found_constant is None or not abs(missed - found_constant) <= tolerance + TOLERANCE * abs(found_constant):
            return _none("a part of the loss comes from values per place that no gradient reaches")
        constant = found_constant
    formula = " + ".join(each.formula(formulas.get(each.serial) or _text(trace, each.serial)) for each in summands)
    formula += f" + {constant:.6g}" if constant else ""
    unit = "item" if trace.places.flat else "step" if total.shape[1] == trace.places.steps else "time"
    return Contributions(
        (total * total.numel() + constant).to(torch.promote_types(trace.loss.dtype, torch.float32)),
        ("batch", unit),
        formula.replace("+ -", "- "),
        "",
        tuple(each.serial for each in summands),
        constant,
    )


def _text(trace: Trace, serial: int) -> str:
    """What the source calls a value that is no term of its own, as a view or an earlier value of a loop."""
    entries = trace.recording.entries(serial)
    if entries is not None:
        return entries.text(trace.recording.values[serial].expression.text)
    names = trace.recording.names.get(serial)
    return names[0].name if names else trace.recording.values[serial].expression.text


def _aligned(parts: list[Tensor], steps: int) -> list[Tensor]:
    """Transitions as steps where there are both: the transition out of a step stands at it, the last step has none."""
    if len({part.shape[1] for part in parts}) == 1:
        return parts
    return [torch.nn.functional.pad(part, (0, steps - part.shape[1])) for part in parts]


def _none(reason: str) -> Contributions:
    return Contributions(None, (), "", reason)
