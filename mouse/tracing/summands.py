"""The last tensors of places on the way to the loss, and the gradient that reaches each of them on no other's way."""

from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from mouse.tracing.gradient import pull_back
from mouse.tracing.placement import Placement, placement_of
from mouse.tracing.trace import Trace

ROUNDING = 1e-5
"""Part of what an operation adds that is rounding, in float32."""


class PlaceTensor(NamedTuple):
    """A tensor that has a value, or several, for each place or for some of them."""

    tensor: Tensor
    placement: Placement | None
    """The places of its entries; None where its shape tells."""

    def grid(self, trace: Trace, values: Tensor) -> Tensor:
        """``[B, time]`` or ``[B, time, index]`` of values of its shape."""
        return trace.places.grid(values if self.placement is None else self.placement.place(values))


def last_place_tensors(trace: Trace) -> dict[int, PlaceTensor]:
    """Tensors of places that the scalar is made of by operations that leave the places behind, by serial."""
    if trace.serial is None:
        return {}
    found: dict[int, PlaceTensor] = {}
    open_, seen = [trace.serial], set[int]()
    while open_:
        serial = open_.pop()
        tensor = trace.recording.tensor(serial)
        if serial in seen or tensor is None or tensor.is_complex():
            continue
        seen.add(serial)
        entries = trace.recording.entries(serial)
        tensor = tensor if entries is None else entries.tensor
        placement = placement_of(trace, serial, tensor)
        if placement is not None or trace.places.is_place(tensor.shape):
            found[serial] = PlaceTensor(tensor, placement)
        else:  # no field of the batch, which has its shape
            open_ += trace.recording.values[serial].inputs
    return dict(sorted(found.items()))


def pull_back_to(trace: Trace, summands: Container[int]) -> "list[Step] | None":
    """The gradient's way from the loss back to summands, a step for each operation; None where it depends on values.

    It ends at summands. The gradient of torch at ``x`` in ``x.mean() + x.square().mean()`` would count what
    ``x.square()`` adds, too.
    """
    assert trace.serial is not None, "there are summands"  # noqa: S101
    steps: list[Step] = []
    pending = {trace.serial: torch.ones_like(trace.recording.values[trace.serial].tensor)}
    while pending:
        serial = max(pending)  # all that is made of it has a larger number
        gradient = pending.pop(serial)
        if serial in summands or serial in trace.recording.inputs:  # a field is reached through complex numbers alone
            entries = trace.recording.entries(serial)
            at_entries = gradient if entries is None else gradient * torch.full_like(entries.tensor, entries.factor)
            steps.append(Step(serial, at_entries, ()))
            continue
        made_of = trace.recording.values[serial].inputs
        inputs = [each for each in made_of if trace.recording.differentiable(each) is not None]
        if _depend_on_each_other(trace, inputs):
            return None
        parts = tuple(zip(inputs, _gradients(trace, serial, inputs, gradient), strict=True))
        steps.append(Step(serial, gradient, parts))
        for each, part in parts:
            if part is not None:
                pending[each] = pending[each] + part if each in pending else part
    return None if any(step.gradient.requires_grad for step in steps if step.serial in summands) else steps


@dataclass(frozen=True)
class Step:
    """A value on the way back from the loss, with the loss's gradient there and what of it goes on to its inputs."""

    serial: int
    gradient: Tensor
    parts: tuple[tuple[int, Tensor | None], ...]


def constant_of(trace: Trace, steps: list[Step], summands: Container[int]) -> float | None:
    """What the loss adds besides its summands, such as a number or a norm of weights.

    None where a part of it is made of values per place, or weighted by them, and no gradient tells by which ones.
    """
    total, weighted = 0.0, set[int]()
    for step in steps:
        if step.serial in summands:
            continue
        value = trace.recording.values.get(step.serial)
        others = set(() if value is None else value.inputs) - {each for each, _ in step.parts}
        of_places = value is None or step.serial in weighted or any(_is_made_of_places(trace, each) for each in others)
        if of_places:
            weighted |= {each for each, _ in step.parts}
        passed_on = [_product(part, trace.recording.tensor(each)) for each, part in step.parts if part is not None]
        whole = _product(step.gradient, trace.recording.tensor(step.serial))
        rest = whole - sum(passed_on)
        if abs(rest) <= ROUNDING * (abs(whole) + sum(map(abs, passed_on))):
            continue
        if of_places:
            return None
        total += rest
    return total


def _product(gradient: Tensor, values: Tensor | None) -> float:
    """What a value adds to the loss by a gradient."""
    assert values is not None, "a gradient reaches what was recorded"  # noqa: S101
    if values.is_complex():
        return float((gradient.detach().conj() * values.detach()).real.double().sum())
    return float((gradient.detach().double() * values.detach().double()).sum())


def _is_made_of_places(trace: Trace, serial: int) -> bool:
    tensors = map(trace.recording.tensor, trace.recording.ancestors(serial))
    return any(each is not None and trace.places.is_place(each.shape) for each in tensors)


def _gradients(trace: Trace, serial: int, inputs: list[int], gradient: Tensor) -> list[Tensor | None]:
    if not inputs:  # a leaf that the function made itself
        return []
    at = trace.recording.differentiable
    output, *targets = [point for each in (serial, *inputs) if (point := at(each)) is not None]
    return pull_back(output, targets, gradient, create_graph=True)


def _depend_on_each_other(trace: Trace, serials: list[int]) -> bool:
    return any(one != other and one in trace.recording.ancestors(other) for one in serials for other in serials)
