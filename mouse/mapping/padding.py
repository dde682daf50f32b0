"""Padded sequences of two-dimensional arrays: rows after the last step are not steps."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.padded import is_padding, steps_of_lengths, steps_of_mask, with_last_state
from mouse.mapping.ends import ENDS
from mouse.mapping.flags import is_flag
from mouse.mapping.mapping import ONE_DIMENSION, Mapping
from mouse.mapping.names import negated_end


class Padding(NamedTuple):
    """Which rows of padded sequences are steps."""

    steps: Bool[Tensor, " row"]
    """Of each row of the file."""
    source: str
    """The field that tells: lengths of the sequences, or a mask."""


def padding(fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size) -> Padding | None:
    """Find the rows behind the last steps of sequences; None where no field tells of them, or another contradicts it.

    Shapes: ``sizes`` are those of two dimensions; None of one.
    """
    if mapping.layout in ONE_DIMENSION:
        return None
    turned = mapping.layout == "time_major"
    by_sequence = sizes[::-1] if turned else sizes
    inside = {
        name: value.transpose(0, 1) if turned else value for name, value in fields.items() if value.shape[:2] == sizes
    }
    ends = {name for target in ENDS if (name := mapping.fields.get(target)) is not None}
    for name, value in fields.items():
        if name in mapping.fields.values():
            continue
        if name not in inside:
            steps = steps_of_lengths(value, by_sequence) if value.dim() else None
        elif is_flag(value, sizes) and (ends or negated_end(name) is None):
            steps = steps_of_mask(inside[name].flatten(1))
            if steps is not None and any(_is_opposite(inside[each], steps) for each in ends & inside.keys()):
                continue  # such a mask tells of ends
        else:
            continue
        others = [each for other, each in inside.items() if other != name]
        for rows in () if steps is None else (steps, with_last_state(steps))[: 1 + (mapping.alignment == "state")]:
            if not bool(rows.all()) and is_padding(rows, others):
                return Padding((rows.T if turned else rows).flatten(), name)
    return None


def _is_opposite(end: Tensor, steps: Tensor) -> bool:
    return end.numel() == steps.numel() and (end.flatten(1) != 0).equal(~steps)
