"""Values whose batch was flattened, ``[B * S, ...]`` of ``[B, S, ...]``: in which order, as gradients prove it."""

import torch
from torch import Tensor

from mouse.tracing.gradient import pull_back
from mouse.tracing.places import Places
from mouse.tracing.trace import Trace

PROBES = 7
"""Entries whose place is looked up. Most must tell: the gradient of what is clipped is 0 everywhere."""


def unflattened(places: Places, values: Tensor) -> Tensor:
    """``[B, S, ...]`` or ``[B, S - 1, ...]`` of values of places, flattened or not."""
    steps = _steps(places, values)
    return values if steps is None else values.reshape(places.rows, steps, *values.shape[1:])


def is_flattened(trace: Trace, serial: int, tensor: Tensor) -> bool:
    """Whether a value holds one place after the other, sequence by sequence.

    A gradient at the model's output tells of which places an entry is made. For what torch's own losses take the mean
    of, it is asked of what they were given.
    """
    steps = _steps(trace.places, tensor)
    if steps is None:
        return False
    value, made_of = trace.recording.values.get(serial), [serial]
    if value is not None and value.entries is not None:
        made_of = list(value.inputs)
    for each in made_of:
        source = trace.recording.tensor(each)
        if source is not None and source.requires_grad and len(source) == len(tensor):
            return _in_order(trace, source, steps)
    return False


def _steps(places: Places, values: Tensor) -> int | None:
    """How many steps of each sequence stand one after the other; None where nothing was flattened."""
    if places.flat or values.dim() == 0 or places.dims(values.shape) is not None:
        return None
    if values.shape[1:2] == values.shape[:1]:  # every place with every other: only a silent broadcast makes that
        return None
    sizes = {places.rows * steps: steps for steps in (places.steps - 1, places.steps) if steps > 1 and places.rows > 1}
    return sizes.get(len(values))


def _in_order(trace: Trace, tensor: Tensor, steps: int) -> bool:
    indices = [(2 * probe + 1) * len(tensor) // (2 * PROBES) for probe in range(PROBES)]
    places = [divmod(index, steps) for index in indices]
    heads = [head for head in trace.heads.values() if head.requires_grad]
    reached = torch.zeros(trace.places.rows, trace.places.steps, dtype=torch.bool)
    for gradient in pull_back(tensor[indices].sum(), heads):
        if gradient is not None:
            reached |= gradient.ne(0).flatten(2).any(-1) if gradient.dim() > 2 else gradient.ne(0)
    told = [place for place in places if bool(reached[place])]
    elsewhere = reached.any(dim=1)
    elsewhere[[row for row, _ in told]] = False
    return 2 * len(told) > PROBES and not bool(elsewhere.any())
