"""Duplicate sequences, and rows that repeat the previous row."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mouse.evidence.agreement import codes, pair_codes


def repeats(fields: Sequence[Tensor], rows: int) -> Tensor:
    """Find the sequences that equal an earlier one in every field.

    Shapes: fields [B, S, ...] -> bool [B].
    """
    if not fields or rows < 2:
        return torch.zeros(rows, dtype=torch.bool)
    group = torch.zeros(rows, dtype=torch.int64, device=fields[0].device)
    for field in sorted(fields, key=Tensor.numel):
        again = torch.bincount(group)[group] > 1
        if not bool(again.any()):
            return again
        there = again.nonzero().flatten()
        number = torch.zeros_like(group)
        number[there] = codes(field[there])
        group = pair_codes(group, number)
    order = group.argsort(stable=True)
    found = torch.zeros_like(group, dtype=torch.bool)
    found[order[1:]] = group[order[1:]] == group[order[:-1]]
    return found


def same_as_before(fields: Sequence[Tensor]) -> Tensor:
    """Rows that equal the previous row in every field.

    Shapes: fields [B, S, ...] -> bool [B, S-1], of rows 1 to S - 1.
    """
    same = torch.ones(fields[0].shape[0], fields[0].shape[1] - 1, dtype=torch.bool, device=fields[0].device)
    for field in fields:
        now, before = field[:, 1:], field[:, :-1]
        equal = (now == before) | ((now != now) & (before != before))  # noqa: PLR0124  NaN equals NaN here
        same &= equal.flatten(2).all(dim=2) if field.dim() > 2 else equal
    return same
