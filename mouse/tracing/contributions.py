"""What each place adds to a loss that is a weighted sum of values per place: means, sums, masked and weighted means.

With x_k the last tensors of places on the way to the scalar, ``loss = sum_k sum(d loss / d x_k * x_k)`` holds exactly
where the rest of the way is linear, and then the summands are what each place adds. The test is the sum itself.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mouse.tracing.recorder import Value
from mouse.tracing.trace import Trace

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


def contributions(trace: Trace, formulas: dict[int, str]) -> Contributions:
    """Split the loss among the places; `formulas` names values by their serial."""
    summands = last_of_places(trace)
    if not summands:
        return Contributions(None, (), "", "no tensor of the batch's shape stands behind the loss")
    if len(summands) == 1 and _is_plain_mean(trace, summands[0]):
        (only,) = summands
        values = trace.places.grid(only.tensor.detach())
        dims = trace.places.dims(only.tensor.shape) or ()
        if values.dim() == 3:
            values = values.mean(-1)
        return Contributions(values, dims[:2], formulas.get(only.serial, "loss"), "", (only.serial,))
    return _weighted(trace, summands, formulas)


def last_of_places(trace: Trace) -> list[Value]:
    """Tensors of places that the scalar is made of by operations that leave the places behind."""
    if trace.serial is None:
        return []
    values, places = trace.recording.values, trace.places
    found: dict[int, Value] = {}
    open_, seen = [trace.serial], set[int]()
    while open_:
        serial = open_.pop()
        if serial in seen or serial not in values:
            continue
        seen.add(serial)
        if places.is_place(values[serial].tensor.shape):
            found[serial] = values[serial]
        else:
            open_ += values[serial].inputs
    return [found[serial] for serial in sorted(found)]


def _is_plain_mean(trace: Trace, value: Value) -> bool:
    if value.serial == trace.serial:  # one value per place was returned
        return True
    after = [each for each in trace.recording.values.values() if value.serial in each.inputs]
    last = after[0] if len(after) == 1 else None
    return last is not None and last.serial == trace.serial and last.operation == "mean" and last.tensor.dim() == 0


def _weighted(trace: Trace, summands: list[Value], formulas: dict[int, str]) -> Contributions:
    with_gradient = [each for each in summands if each.tensor.requires_grad]
    if not with_gradient or not trace.loss.requires_grad:
        return Contributions(None, (), "", "no gradient leads from the loss to a value per place")
    tensors = [each.tensor for each in with_gradient]
    gradients = torch.autograd.grad(trace.loss, tensors, retain_graph=True, allow_unused=True)
    pieces: list[tuple[Value, Tensor, Tensor]] = [
        (value, value.tensor.detach(), gradient)
        for value, gradient in zip(with_gradient, gradients, strict=True)
        if gradient is not None
    ]
    parts = [trace.places.grid(tensor * gradient) for _, tensor, gradient in pieces]
    parts = [part.sum(-1) if part.dim() == 3 else part for part in parts]
    wide = any(part.shape[1] == trace.places.steps for part in parts)
    parts = [_as_steps(part, trace.places.steps) if wide else part for part in parts]
    total = torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]
    missed = abs(float(total.double().sum()) - float(trace.loss.detach()))
    size = float(total.double().abs().sum())
    finite = bool(trace.loss.isfinite())  # else what is not finite is what one wants to see
    if finite and not missed <= TOLERANCE * max(size, torch.finfo(total.dtype).tiny):
        return Contributions(None, (), "", "the loss is no weighted sum of values per place")
    formula = " + ".join(_summand(value, tensor, gradient, formulas) for value, tensor, gradient in pieces)
    dims = ("batch", "step" if wide or trace.places.flat else "time")
    return Contributions(
        total * total.numel(), dims, formula.replace("+ -", "- "), "", tuple(v.serial for v, *_ in pieces)
    )


def _summand(value: Value, tensor: Tensor, gradient: Tensor, formulas: dict[int, str]) -> str:
    """Factor and name; where the factor differs from place to place it is written as weight."""
    name = formulas.get(value.serial, value.expression.text)
    name = name if name.isidentifier() else f"({name})"
    first = gradient.flatten()[0]
    if not bool((gradient == first).all()):
        return f"weight * {name}"
    factor = float(first) * tensor.numel()
    return name if abs(factor - 1) < 1e-6 else f"{factor:.6g} * {name}"


def _as_steps(part: Tensor, steps: int) -> Tensor:
    """Transitions as steps: the transition out of a step stands at it, and the last step has none."""
    return part if part.shape[1] == steps else torch.nn.functional.pad(part, (0, steps - part.shape[1]))
