"""The last tensors of places on the way to the loss, and the gradient that reaches each of them on no other's way."""

import torch
from torch import Tensor

from mouse.tracing.gradient import pull_back
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
        made_of = trace.recording.values[serial].inputs
        inputs = [each for each in made_of if trace.recording.differentiable(each) is not None]
        if _depend_on_each_other(trace, inputs):
            return None
        for each, part in zip(inputs, _gradients(trace, serial, inputs, gradient), strict=True):
            if part is not None:
                pending[each] = pending[each] + part if each in pending else part
    return None if any(gradient.requires_grad for gradient in reached.values()) else reached


def _gradients(trace: Trace, serial: int, inputs: list[int], gradient: Tensor) -> list[Tensor | None]:
    if not inputs:  # a leaf that the function made itself
        return []
    at = trace.recording.differentiable
    output, *targets = [point for each in (serial, *inputs) if (point := at(each)) is not None]
    return pull_back(output, targets, gradient, create_graph=True)


def _depend_on_each_other(trace: Trace, serials: list[int]) -> bool:
    return any(one != other and one in trace.recording.ancestors(other) for one in serials for other in serials)
