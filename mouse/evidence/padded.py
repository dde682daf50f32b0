"""Padded sequences: rows after the last step, given by a mask or by lengths, and confirmed by every field."""

import math
from collections.abc import Iterable

import torch
from jaxtyping import Bool
from torch import Tensor

FILLS = (0, -1, 1, torch.nan)
"""What rows behind the last step hold; 1 as a flag of ends that stays set."""


def steps_of_lengths(lengths: Tensor, sizes: torch.Size) -> Bool[Tensor, " sequence step"] | None:
    """Which rows are steps where whole numbers are lengths of sequences; None where they are none, or leave none out.

    Shapes: lengths [B], sizes [B, S].
    """
    whole = not lengths.is_floating_point() and not lengths.is_complex() and lengths.dtype != torch.bool
    if not whole or lengths.numel() != sizes[0] or lengths.shape[0] != sizes[0]:
        return None
    count = lengths.flatten().long()
    if int(count.min()) < 1 or int(count.max()) > sizes[1] or int(count.min()) == sizes[1]:
        return None
    return torch.arange(sizes[1]) < count.unsqueeze(1)


def steps_of_mask(mask: Tensor) -> Bool[Tensor, " sequence step"] | None:
    """Which rows are steps where a mask is set at the first steps of each sequence alone; None where it is none.

    Shapes: mask [B, S].
    """
    is_step = mask == 1
    if not bool((is_step | (mask == 0)).all()) or bool(is_step.all()) or not bool(is_step[:, 0].all()):
        return None
    return None if bool((is_step[:, 1:] & ~is_step[:, :-1]).any()) else is_step


def with_last_state(steps: Bool[Tensor, " sequence step"]) -> Bool[Tensor, " sequence step"]:
    """The steps of each sequence and the row behind them, which the last of them leads to.

    Example:
        >>> with_last_state(torch.tensor([[True, False, False]])).tolist()
        [[True, True, False]]
    """
    behind = steps.clone()
    behind[:, 1:] |= steps[:, :-1]
    return behind


def is_padding(steps: Bool[Tensor, " sequence step"], columns: Iterable[Tensor]) -> bool:
    """Whether every column holds a filling behind the steps, and the steps are mostly something else.

    Numbers that stay the same in a sequence, or count its rows, tell nothing.

    Shapes: columns [B, S, ...] each.
    """
    as_filled = steps.clone()
    for column in sorted(columns, key=Tensor.numel):
        behind = column[~steps]
        fill = next((each for each in FILLS if bool(_is(behind, each).all())), None)
        if fill is None:
            if _tells_nothing(column):
                continue
            return False
        as_filled &= _is(column, fill).flatten(2).all(dim=2) if column.dim() > 2 else _is(column, fill)
    return 2 * int(as_filled.sum()) <= int(steps.sum())


def _is(values: Tensor, fill: float) -> Tensor:
    return values.isnan() if math.isnan(fill) else values == fill


def _tells_nothing(column: Tensor) -> bool:
    if column.numel() != column.shape[:2].numel() or column.is_complex():
        return False
    change = column.flatten(1).double().diff(dim=1)
    return bool((change == 0).all() | (change == 1).all())
