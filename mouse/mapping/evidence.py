"""What the data itself says of order and alignment: a next observation must be the observation of the row after."""

from collections.abc import Mapping

import torch
from torch import Tensor

from mouse.mapping.rows import Sequences

PAIRS = (("observations", "next_observations"), ("observation", "next.observation"), ("obs", "next_obs"))
SAMPLES = 2048


def following(
    fields: Mapping[str, Tensor], sequences: Sequences, done: Tensor | None, sizes: torch.Size
) -> tuple[int, int] | None:
    """Count running steps whose next observation is the observation of the row after, and those looked at.

    None where the file does not tell: no such pair of fields, or no running step.
    """
    pair = _pair(fields, sizes)
    running = ~sequences.first[1:]
    if done is not None:
        running = running & (done[sequences.order[:-1]] == 0)
    position = running.nonzero().flatten()
    if pair is None or not len(position):
        return None
    position = position[:: -(-len(position) // SAMPLES)]
    now, after = (value.flatten(0, len(sizes) - 1) for value in pair)
    told, shown = after[sequences.order[position]], now[sequences.order[position + 1]]
    told, shown = told.double(), shown.double()  # torch compares no unsigned types with others
    same = (told == shown) | (told.isnan() & shown.isnan())
    return int(same.unsqueeze(1).flatten(1).all(dim=1).sum()), len(position)


def _pair(fields: Mapping[str, Tensor], sizes: torch.Size) -> tuple[Tensor, Tensor] | None:
    """An observation and the next one, of one shape."""
    for now, after in PAIRS:
        if now in fields and after in fields:
            same = fields[now].shape == fields[after].shape and fields[now].shape[: len(sizes)] == sizes
            return (fields[now], fields[after]) if same else None
    return None
