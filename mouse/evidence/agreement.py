"""Agreement of outcomes among equal rows: counted over repeated rows, so that no model is needed."""

from typing import cast

import torch
from torch import Tensor

from mouse.evidence.sampling import blocks

FACTOR = 0x9E3779B97F4A7C15 - 2**64
"""Odd and without a pattern in its bits: the golden ratio in 64 bits, signed."""


def codes(rows: Tensor) -> Tensor:
    """Number each row so that equal rows, and only those, have the same number.

    Shapes: rows [N, ...] -> [N], N > 0. Rows of many numbers are told apart by a 64-bit hash.
    """
    rows = torch.view_as_real(rows) if rows.is_complex() else rows
    return _number(torch.cat([_hashes(block) for block in blocks(rows)]))


def pair_codes(first: Tensor, second: Tensor) -> Tensor:
    """Number each pair of codes, ``[N], [N] -> [N]``, N > 0."""
    return _number(first * (second.max() + 1) + second)


def disagreement(group: Tensor, outcome: Tensor) -> Tensor:
    """Probability, per row, that another row of its group has a different outcome; NaN for a group of one row.

    Formula: ``1 - (n_same - 1) / (n_group - 1)``. Its mean over a group is an unbiased estimate whatever the group's
    size, which counted bits are not: a row that is alone would leave nothing open.

    Shapes: codes [N], [N] -> float64 [N].
    """
    alike = torch.bincount(group)[group].double()
    same = pair_codes(group, outcome)
    agreeing = torch.bincount(same)[same].double()
    return torch.where(alike > 1, 1 - (agreeing - 1) / (alike - 1).clamp_min(1), torch.nan)


def _hashes(rows: Tensor) -> Tensor:
    numbers = _bits(rows.flatten(1) if rows.dim() > 1 else rows.unsqueeze(1))
    place = torch.arange(1, numbers.shape[1] + 1, device=rows.device) * FACTOR
    mixed = (numbers ^ (numbers >> 29)) * (place | 1)
    return (mixed ^ (mixed >> 32)).sum(dim=1)


def _bits(values: Tensor) -> Tensor:
    """Integers that are equal where the values are; -0.0 is 0.0."""
    if values.is_floating_point():
        return (values.double() + 0.0).view(torch.int64)
    return values.long()


def _number(keys: Tensor) -> Tensor:
    _unique, number = cast("tuple[Tensor, Tensor]", torch.unique(keys, return_inverse=True))
    return number
