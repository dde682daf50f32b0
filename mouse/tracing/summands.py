"""The last tensors of places on the way to the loss, and the gradient that reaches each of them on no other's way."""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

from mouse.tracing.trace import Trace


def last_of_places(trace: Trace) -> dict[int, Tensor]:
    """Tensors of places that the scalar is made of by operations that leave the places behind, by serial."""
    if trace.serial is None:
        return {}
    found: dict[int, Tensor] = {}
    open_, seen = [trace.serial], set[int]()
    while open_:
        serial = open_.pop()
        tensor = trace.recording.tensor(serial)
        if serial in seen or tensor is None or tensor.is_complex():
            continue
        seen.add(serial)
        if trace.places.is_place(tensor.shape):
            found[serial] = tensor
        else:  # no field of the batch, which has its shape
            open_ += trace.recording.values[serial].inputs
    return dict(sorted(found.items()))


def gradients_of_summands(trace: Trace, summands: dict[int, Tensor]) -> dict[int, Tensor] | None:
    """Gradient of the loss at each summand that it reaches; None where it depends on their values.

    It goes back operation by operation and ends at summands. The gradient of torch at ``x`` in
    ``x.mean() + x.square().mean()`` would count what ``x.square()`` adds, too.
    """
    assert trace.serial is not None, "there are summands"  # noqa: S101
    reached: dict[int, Tensor] = {}
    pending = {trace.serial: torch.ones_like(trace.recording.values[trace.serial].tensor)}
    while pending:
        serial = max(pending)  # all that is made of it has a larger number
        gradient = pending.pop(serial)
        if serial in summands:
            reached[serial] = gradient
            continue
        if serial in trace.recording.inputs:  # a field that is reached through complex numbers alone
            continue
        inputs = [each for each in trace.recording.values[serial].inputs if _target(trace, each) is not None]
        if _depend_on_each_other(trace, inputs):
            return None
        for each, part in zip(inputs, _gradients(trace, serial, inputs, gradient), strict=True):
            if part is not None:
                pending[each] = pending[each] + part if each in pending else part
    return None if any(gradient.requires_grad for gradient in reached.values()) else reached


def _gradients(trace: Trace, serial: int, inputs: list[int], gradient: Tensor) -> tuple[Tensor | None, ...]:
    if not inputs:  # a leaf that the function made itself
        return ()
    output, *targets = (_target(trace, each) for each in (serial, *inputs))
    differentiate = cast("Any", torch.autograd.grad)  # its annotations know no list of both kinds of targets
    return differentiate(output, targets, gradient, retain_graph=True, create_graph=True, allow_unused=True)


def _target(trace: Trace, serial: int) -> Tensor | GradientEdge | None:
    """What a gradient can be taken at; None of a constant."""
    value, tensor = trace.recording.values.get(serial), trace.recording.tensor(serial)
    if value is not None and value.edge is not None:
        return value.edge
    return tensor if tensor is not None and tensor.requires_grad else None


def _depend_on_each_other(trace: Trace, serials: list[int]) -> bool:
    return any(one != other and one in trace.recording.ancestors(other) for one in serials for other in serials)
