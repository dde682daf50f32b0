"""How far two samples are apart, and whether chance alone would bring them there; from histograms and counts."""

from collections.abc import Mapping
from itertools import accumulate
from math import exp, sqrt
from typing import NamedTuple, cast

import torch

TERMS = 100


class Distance(NamedTuple):
    """How two samples differ."""

    size: float
    """From 0, alike, to 1, nothing in common."""
    p: float
    """Probability of a distance of this size at least, were the two drawn from one distribution."""


def kolmogorov_smirnov(one: Mapping[int, int], other: Mapping[int, int], independent: tuple[int, int]) -> Distance:
    """Greatest difference of the distribution functions; numbers of one bin count as equal.

    Args:
        one: counts by bin.
        other: counts by bin.
        independent: how many numbers of each are taken to be independent of each other.
    """
    keys, totals = sorted({*one, *other}), (sum(one.values()), sum(other.values()))
    if not all(totals):
        return Distance(0.0, 1.0)
    below = [list(accumulate([sample.get(key, 0) for key in keys])) for sample in (one, other)]
    size = max(abs(a / totals[0] - b / totals[1]) for a, b in zip(*below, strict=True))
    count = independent[0] * independent[1] / sum(independent)
    return Distance(size, _kolmogorov((sqrt(count) + 0.12 + 0.11 / sqrt(count)) * size))


def cramers_v(one: Mapping[int, int], other: Mapping[int, int], independent: tuple[int, int]) -> Distance:
    """Cramér's V of code and sample, both samples weighing the same: a shard is small beside all others.

    Args:
        one: counts by code.
        other: counts by code.
        independent: how many codes of each are taken to be independent of each other.
    """
    keys, totals = sorted({*one, *other}), (sum(one.values()), sum(other.values()))
    if not all(totals) or len(keys) < 2:
        return Distance(0.0, 1.0)
    shares = [(one.get(key, 0) / totals[0], other.get(key, 0) / totals[1]) for key in keys]
    size = sqrt(sum((a - b) ** 2 / (a + b) for a, b in shares) / 2)
    weights = [count / sum(independent) for count in independent]
    mixed = [a * weights[0] + b * weights[1] for a, b in shares]
    statistic = sum(
        count * (share[which] - mean) ** 2 / mean
        for which, count in enumerate(independent)
        for share, mean in zip(shares, mixed, strict=True)
    )
    half = torch.tensor([(len(keys) - 1) / 2, statistic / 2], dtype=torch.float64)
    upper = cast("torch.Tensor", torch.special.gammaincc(half[0], half[1]))
    return Distance(size, float(upper))


def _kolmogorov(value: float) -> float:
    """Probability that Kolmogorov's statistic exceeds a value."""
    if value < 0.2:
        return 1.0
    series = 2 * sum((-1) ** (k - 1) * exp(-2 * (k * value) ** 2) for k in range(1, TERMS))
    return min(1.0, max(0.0, series))
