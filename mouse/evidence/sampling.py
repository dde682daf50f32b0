"""A part of many rows that stands for all of them."""

import torch
from torch import Tensor

PRIME = 2_654_435_761


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
