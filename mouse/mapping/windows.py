"""Cut sequences into windows of one length."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows, Sequences
from mouse.wording import cut

WINDOW = 64
"""Steps of a window where the file does not say."""
ENOUGH = 0.9
"""Share of steps that windows of a length should hold at least."""


@dataclass(frozen=True)
class Stretches:
    """Rows that follow one another without a gap; windows are cut out of each."""

    sequences: Sequences
    """Rows of the file; where one is `final`, its row of the file stands a second time."""
    final: Bool[Tensor, " row"]
    """Whether a row shows the state after a row of the file."""


def windows(stretches: Stretches, mapping: Mapping) -> Rows:
    """Cut stretches of rows into windows of one length.

    Chained windows begin with the row that the one before ends with, so that no step lies between two of them. They are
    counted from a stretch's end, where episodes end; so are others where a final row was added. What is too short for a
    window is left out.

    Raises:
        BatchError: stretches of several lengths and no length to cut them to, or one longer than all of them.
    """
    first, order = stretches.sequences.first, stretches.sequences.order
    lengths = stretches.sequences.lengths
    length = _length(lengths, mapping)
    shared = int(mapping.windows == "chained" and length > 1)
    count_of = (lengths - shared).clamp_min(0) // (length - shared)
    left = lengths - shared - count_of * (length - shared)
    from_end = mapping.windows == "chained" or bool(stretches.final.any())
    starts = first.nonzero().flatten() + (left.clamp_min(0) if from_end else 0)
    count = torch.arange(int(count_of.sum()))
    skipped = (count_of.cumsum(0) - count_of).repeat_interleave(count_of)
    begin = starts.repeat_interleave(count_of) + (count - skipped) * (length - shared)
    position = begin.unsqueeze(1) + torch.arange(length)
    earlier = torch.where(first[position], -1, order[(position - 1).clamp_min(0)])
    if shared:  # that step is one of the window before
        earlier[1:, 0] = torch.where(skipped[1:] == skipped[:-1], -1, earlier[1:, 0])
    final = stretches.final[position]
    return Rows(order[position], earlier, final if bool(final.any()) else None)


def best_length(lengths: Int[Tensor, " stretch"]) -> int:
    """Longest chained windows that hold enough of the steps, and enough of the stretches, each with its end."""
    for length in range(min(WINDOW, int(lengths.max())), 2, -1):
        steps = ((lengths - 1) // (length - 1) * (length - 1)).sum() / (lengths - 1).sum()
        if min(float(steps), float((lengths >= length).sum() / (lengths > 1).sum())) >= ENOUGH:
            return length
    return 2


def _length(lengths: Int[Tensor, " stretch"], mapping: Mapping) -> int:
    shortest, longest = int(lengths.min()), int(lengths.max())
    if mapping.length is not None and mapping.length > longest:
        raise BatchError(
            "mapping.length",
            cut(str(mapping.length), 20),
            f"at most {longest:,}, the longest sequence's steps",
            "cut shorter windows",
        )
    if mapping.length is not None:
        return mapping.length
    if shortest != longest:
        raise BatchError(
            "mapping.length",
            f"none, and sequences of {shortest:,} to {longest:,} steps",
            "the number of steps of a window",
            f"say one, such as {min(WINDOW, longest)}",
        )
    return longest
