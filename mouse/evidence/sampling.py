"""Representative samples of many rows."""

from typing import cast

import torch
from torch import Tensor

BLOCK = 1 << 16
"""Rows that are looked at together: what is made of them on the way is several times their size."""
PRIME = 2_654_435_761
MOST_NUMBERS = 1 << 22
"""That the first rows of a field are compared by."""


def sample(rows: Tensor, most: int) -> Tensor:
    """Up to `most` of some rows, spread over all and in their order.

    Every n-th row would always show the same step of episodes, turns or environments whose period divides n; multiples
    of a prime meet no period.

    Shapes: rows [N, ...] -> [min(N, most), ...].

    Example:
        >>> len(sample(torch.arange(100_000), 4096))
        4096
    """
    if len(rows) <= most:
        return rows
    place = torch.arange(most, device=rows.device) * PRIME % len(rows)
    return rows[place.sort().values]


def first_rows(values: Tensor, most: int, rank: int = 1) -> Tensor:
    """Up to `most` first rows of a field, and as many of the numbers of each as make few million in all.

    Equal rows stay equal; images are not compared whole.

    Shapes: values [N, ...] -> [min(N, most), M], or with the first `rank` dimensions kept.

    Example:
        >>> first_rows(torch.zeros(100_000, 84, 84), 4096).shape
        torch.Size([4096, 1008])
    """
    rows = values[:most].unsqueeze(-1).flatten(rank)
    return rows[..., :: max(1, -(-rows.numel() // MOST_NUMBERS))]


def row_numbers(rows: Tensor) -> Tensor:
    """The numbers of each row in one dimension, [N, ...] -> [N, M]: M is 1 where a row is a single number."""
    return rows.unsqueeze(1).flatten(1)


def blocks(rows: Tensor) -> tuple[Tensor, ...]:
    """Iterate over all rows in blocks."""
    return cast("tuple[Tensor, ...]", rows.split(BLOCK))  # pyright: ignore[reportUnknownMemberType]
