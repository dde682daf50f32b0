"""Unmapped flag columns: mapped to ends of episodes if their rows prove it, else a question."""

from collections.abc import Mapping as Mapped
from typing import Literal, NamedTuple, cast

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.mapping.names import MASK_NAMES, negated_end, strip_prefix

RARE = 0.5
"""A flag that is set in more rows marks no ends; its opposite may."""
MOSTLY = 0.9
"""Share of rows that agree where a few may be wrong."""

Meaning = Literal["done", "terminated", "truncated", "first", "other", "open"]


class Flag(NamedTuple):
    """A column of flags."""

    name: str
    meaning: Meaning
    """What it marks: every end, some ends, time limits, first rows, something else, or what only its owner knows."""


def is_flag(value: Tensor, sizes: torch.Size) -> bool:
    """Whether a field holds true or false, or 1 or 0, in each row, and both of them; ``sizes`` are those of rows."""
    rows = sizes.numel()
    if value.shape[: len(sizes)] != sizes or value.numel() != rows or value.is_complex() or not rows:
        return False
    flat = value.flatten().double()
    return bool(((flat == 0) | (flat == 1)).all()) and 0 < int(flat.sum()) < rows


def meaning(
    flag: Bool[Tensor, " row"], first: Bool[Tensor, " row"], known: Mapped[str, Bool[Tensor, " row"]]
) -> Meaning:
    """Tell what a flag that is set in few rows marks, by where sequences begin and by ends that are known.

    Shapes: flag, first [N]: whether a sequence begins, known [N] each.
    """
    ends_known = "done" in known or {"terminated", "truncated"} <= known.keys()
    if int(first.sum()) > 1:
        return _beside_sequences(flag, first, ends_known=ends_known)
    ends = torch.stack([*known.values()]).any(dim=0) if known else torch.zeros_like(flag)
    if not bool(ends.any()):
        return "other" if ends_known else "open"
    begins = torch.cat([ends.new_ones(1), ends[:-1]])
    if _within(flag, begins) and _within(begins, flag):
        return "first"
    more, fewer = bool((flag & ~ends).any()), bool((ends & ~flag).any())
    return "other" if ends_known or not more else "open" if fewer else "done"


def meaning_of_opposite(
    name: str, mark: Meaning, opposite: Bool[Tensor, " row"], known: Mapped[str, Bool[Tensor, " row"]]
) -> Meaning:
    """Tell what the opposite of a flag marks that is set in most rows, as `masks` and `not_done` are.

    By where it stands, as `mark` says; else by its name, where the ends that are known do not contradict that.

    Shapes: opposite [N], known [N] each.
    """
    end = negated_end(name)
    if mark in {"done", "terminated"}:
        return mark
    if end is None or mark == "first":
        return "other"
    if mark == "open":
        return mark if strip_prefix(name) in MASK_NAMES else cast("Meaning", end)
    among_ends = bool(known) and _within(opposite, torch.stack([*known.values()]).any(dim=0))
    return "terminated" if among_ends else "other"


def is_among(flag: Bool[Tensor, " row"], ends: Bool[Tensor, " row"] | None) -> bool:
    """Whether a flag is set at ends alone, where they are known."""
    return ends is None or not bool((flag & ~ends).any())


def _beside_sequences(flag: Tensor, first: Tensor, *, ends_known: bool) -> Meaning:
    """What a flag marks of sequences that are known."""
    last = torch.cat([first[1:], first.new_ones(1)])
    if _within(flag, first):
        return "first" if _within(first, flag) else "other"
    if ends_known or not _within(flag, last):
        return "other"
    return "done" if _within(last[:-1], flag[:-1]) else "terminated"


def _within(flag: Tensor, rows: Tensor) -> bool:
    """Whether a flag is set in nearly no other rows."""
    return int((flag & rows).sum()) >= MOSTLY * max(1, int(flag.sum()))
