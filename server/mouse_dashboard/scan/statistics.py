"""Two-sample distances and their significance, from counts."""

from math import exp, sqrt
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray

TERMS = 100
Counts = NDArray[np.int64]


class Distance(NamedTuple):
    """The distance of two samples."""

    size: float
    """From 0, alike, to 1, nothing in common."""
    p: float
    """Probability of a distance of this size at least, were the two drawn from one distribution."""


def kolmogorov_smirnov(one: Counts, other: Counts, independent: tuple[int, int]) -> Distance:
    """Maximum difference of the distribution functions; numbers in the same bin count as equal.

    Args:
        one: counts by bin, in the order of the numbers; not all 0.
        other: counts by the same bins.
        independent: how many numbers of each count as independent of each other.
    """
    size = float(np.abs(_shares(one.cumsum()) - _shares(other.cumsum())).max())
    count = independent[0] * independent[1] / sum(independent)
    return Distance(size, _kolmogorov((sqrt(count) + 0.12 + 0.11 / sqrt(count)) * size))


def cramers_v(one: Counts, other: Counts, independent: tuple[int, int]) -> Distance:
    """Cramér's V of code and sample, both samples weighing the same: a shard is small beside all others.

    Args:
        one: counts by code; not all 0.
        other: counts by the same codes.
        independent: how many codes of each count as independent of each other.
    """
    present = one + other > 0
    if present.sum() < 2:
        return Distance(0.0, 1.0)
    shares = [each[present] / each.sum() for each in (one, other)]
    size = sqrt(float(((shares[0] - shares[1]) ** 2 / (shares[0] + shares[1])).sum()) / 2)
    weights = [count / sum(independent) for count in independent]
    mixed = shares[0] * weights[0] + shares[1] * weights[1]
    statistic = sum(
        count * float(((share - mixed) ** 2 / mixed).sum()) for count, share in zip(independent, shares, strict=True)
    )
    half = torch.tensor([(int(present.sum()) - 1) / 2, statistic / 2], dtype=torch.float64)
    upper = cast("torch.Tensor", torch.special.gammaincc(half[0], half[1]))
    return Distance(size, float(upper))


def _shares(cumulated: NDArray[Any]) -> NDArray[np.float64]:
    return cumulated / cumulated[-1]


def _kolmogorov(value: float) -> float:
    """Probability that Kolmogorov's statistic exceeds a value."""
    if value < 0.2:
        return 1.0
    series = 2 * sum((-1) ** (k - 1) * exp(-2 * (k * value) ** 2) for k in range(1, TERMS))
    return min(1.0, max(0.0, series))
