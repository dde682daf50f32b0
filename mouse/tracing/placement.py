"""Values whose batch was flattened or chosen from, ``[B * S, ...]`` or ``[k, ...]``: to which place each entry belongs.

Which places they are is guessed from the number of entries, and proven by gradients at the model's output.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from mouse.tracing.gradient import pull_back
from mouse.tracing.operations import VIEWS
from mouse.tracing.places import Places
from mouse.tracing.trace import Trace

PROBES = 7
"""Entries whose place is looked up. Most must tell: the gradient of what is clipped is 0 everywhere."""
GOLDEN = (5**0.5 - 1) / 2
"""Spreads them out so that no flip and no transposition of a batch leaves them where they are."""


class Placement(NamedTuple):
    """To which place each entry of a value belongs."""

    at: Tensor
    """``[k]``: the places, counted sequence by sequence."""
    rows: int
    steps: int

    def place(self, values: Tensor) -> Tensor:
        """``[B, steps, ...]`` of values ``[k, ...]``; 0 at places that are not among them."""
        every = values.new_zeros(self.rows * self.steps, *values.shape[1:])
        return every.index_copy(0, self.at, values).reshape(self.rows, self.steps, *values.shape[1:])


def placement_of(trace: Trace, serial: int, tensor: Tensor) -> Placement | None:
    """The places of a value's entries; None where it has none, or gradients do not prove them.

    For what torch's own losses take the mean of, gradients are asked of what they were given.
    """
    if trace.places.flat or tensor.numel() == 0 or tensor.dim() == 0 or trace.places.dims(tensor.shape) is not None:
        return None
    value, made_of = trace.recording.values.get(serial), [serial]
    if value is None or value.operation in VIEWS:  # what it shows tells its places better
        return None
    if value.entries is not None:
        made_of = list(value.inputs)
    sources = [source for each in made_of if (source := trace.recording.tensor(each)) is not None]
    sources = [source for source in sources if source.requires_grad and source.shape[:1] == tensor.shape[:1]]
    if not sources or tensor.shape[1:2] == tensor.shape[:1]:  # each entry with every other is a silent broadcast
        return None
    candidates = _candidates(trace, serial, len(tensor))
    return next((each for each in candidates if _is_proven(trace, sources[0], each)), None)


def _candidates(trace: Trace, serial: int, count: int) -> Iterator[Placement]:
    """All places one after the other, or those that a mask on the way chooses."""
    places = trace.places
    for steps in (places.steps, places.steps - 1):
        if count == places.rows * steps:
            yield Placement(torch.arange(count), places.rows, steps)
    for each in trace.recording.ancestors(serial):
        mask = trace.recording.tensor(each)
        if mask is not None and mask.dtype == torch.bool and int(mask.sum()) == count:
            steps = _steps(places, mask)
            if steps:
                yield Placement(mask.flatten().nonzero().flatten(), places.rows, steps)


def _steps(places: Places, mask: Tensor) -> int:
    """Steps of each sequence in a mask of places, flattened or not; 0 where it is none of places."""
    sizes = {places.rows * steps: steps for steps in (places.steps - 1, places.steps)}
    whole = mask.dim() == 1 or (mask.dim() == 2 and len(mask) == places.rows)
    return sizes.get(mask.numel(), 0) if whole else 0


def _is_proven(trace: Trace, tensor: Tensor, placement: Placement) -> bool:
    """Whether some entries depend on the model's output at their place, and nowhere else.

    What depends on other steps of its sequence too, as advantages do, is asked entry by entry.
    """
    indices = list(dict.fromkeys(int(len(tensor) * (GOLDEN * probe % 1)) for probe in range(1, PROBES + 1)))
    at = [divmod(int(placement.at[index]), placement.steps) for index in indices]
    together = _reached(trace, tensor[indices])
    found = [place for place in at if bool(together[place])]
    if 2 * len(found) <= len(at):
        return False
    if int(together.sum()) <= len(at):
        return int(together.sum()) == len(found)
    for index, (row, step) in zip(indices, at, strict=True):
        reached = _reached(trace, tensor[index])
        if bool(reached.any()) and not (reached[row, step] and int(reached.sum()) == int(reached[row].sum())):
            return False
    return True


def _reached(trace: Trace, entries: Tensor) -> Tensor:
    """``[B, S]``: where the model's output has a gradient from some entries."""
    reached = torch.zeros(trace.places.rows, trace.places.steps, dtype=torch.bool)
    for gradient in pull_back(entries.sum(), [head for head in trace.heads.values() if head.requires_grad]):
        if gradient is not None:
            reached |= gradient.ne(0).flatten(2).any(-1) if gradient.dim() > 2 else gradient.ne(0)
    return reached
