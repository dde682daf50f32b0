"""Columns of flags that nobody mapped: ends of episodes where their rows prove it, else a question."""

from collections.abc import Mapping as Mapped
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

RARE = 0.5
"""A flag that is set in more rows marks no ends."""
MOSTLY = 0.9

Meaning = Literal["done", "terminated", "first", "other", "open"]


class Flag(NamedTuple):
    """A column of flags."""

    name: str
    meaning: Meaning
    """What it marks: every end, some ends, first rows, something else, or what only its owner knows."""


def is_flag(value: Tensor, rows: int) -> bool:
    """Whether a field holds true or false, or 1 or 0, in each row, and both of them."""
    if value.shape[:1].numel() != value.numel() or value.numel() != rows or value.is_complex() or not rows:
        return False
    flat = value.flatten().double()
    return bool(((flat == 0) | (flat == 1)).all()) and 0 < int(flat.sum()) < rows


def meaning(
    flag: Bool[Tensor, " row"], first: Bool[Tensor, " row"], known: Mapped[str, Bool[Tensor, " row"]]
) -> Meaning:
    """Tell what a flag marks, by where sequences begin and by ends that are known.

    Shapes: flag, first [N]: whether a sequence begins, known [N] each.
    """
    if float(flag.double().mean()) > RARE:
        return "other"
    told = "done" in known or {"terminated", "truncated"} <= known.keys()
    if int(first.sum()) > 1:
        return _beside_sequences(flag, first, told=told)
    ends = torch.stack([*known.values()]).any(dim=0) if known else torch.zeros_like(flag)
    if not bool(ends.any()):
        return "other" if told else "open"
    begins = torch.cat([ends.new_ones(1), ends[:-1]])
    if _within(flag, begins) and _within(begins, flag):
        return "first"
    more, fewer = bool((flag & ~ends).any()), bool((ends & ~flag).any())
    return "other" if told or not more else "open" if fewer else "done"


def _beside_sequences(flag: Tensor, first: Tensor, *, told: bool) -> Meaning:
    """What a flag marks of sequences that are known."""
    last = torch.cat([first[1:], first.new_ones(1)])
    if _within(flag, first):
        return "first" if _within(first, flag) else "other"
    if told or not _within(flag, last):
        return "other"
    return "done" if _within(last[:-1], flag[:-1]) else "terminated"


def _within(flag: Tensor, rows: Tensor) -> bool:
    """Whether a flag is set in nearly no other rows."""
    return int((flag & rows).sum()) >= MOSTLY * max(1, int(flag.sum()))
