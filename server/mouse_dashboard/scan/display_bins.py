"""Histogram bars for display: merge fine bins, or use one bar per value if there are few.

Wide bars are as wide as each other on a scale that is linear around zero and logarithmic beyond: a shard whose rewards
are a thousand times those of the others does not press theirs into one bar.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

import torch

from mouse_dashboard.figures.symlog import Symlog
from mouse_dashboard.scan.histogram import Bins, edges_of, key_of, number_of, quantile
from mouse_dashboard.schema.numbers import plain

FEW = 40
"""Fine bins up to which each is a bar of its own."""
BARS = 60
DIGITS = 8


class DisplayBins(NamedTuple):
    """Bars of a histogram."""

    low: tuple[float, ...]
    """Smallest number of each."""
    high: tuple[float, ...]
    """Largest one; the same as `low` where a bar stands for one value."""
    first_keys: tuple[int, ...]
    """First fine bin of each."""

    def counts_of(self, bins: Mapping[int, int]) -> list[int]:
        """Merge fine bins into the bars; every bin lies in one bar."""
        counts = [0] * len(self.low)
        for key, number in bins.items():
            counts[bisect_right(self.first_keys, key) - 1] += number
        return counts


def display_bins(bins: Bins) -> DisplayBins:
    """Choose the bars for all shards combined."""
    if len(bins) <= FEW:
        values = tuple(map(shortest_number, bins))
        return DisplayBins(values, values, tuple(bins))
    keys = list(bins)
    scale = symlog_of_bins(bins)
    ends = scale.of(torch.tensor([edges_of(keys[0])[0], edges_of(keys[-1])[1]], dtype=torch.float64))
    edges = scale.inverse(torch.linspace(float(ends[0]), float(ends[1]), BARS + 1, dtype=torch.float64)[1:-1])
    first = sorted({keys[0], *(key for edge in plain(edges) if keys[0] < (key := key_of(edge)) <= keys[-1])})
    last = [key - 1 for key in first[1:]] + [keys[-1]]
    return DisplayBins(tuple(edges_of(key)[0] for key in first), tuple(edges_of(key)[1] for key in last), tuple(first))


def shortest_number(key: int) -> float:
    """The number of a fine bin with the fewest digits: most likely the exact value if values are few."""
    low, high = edges_of(key)
    for digits in range(1, DIGITS):
        for edge in (low, high):
            number = float(f"{edge:.{digits - 1}e}")
            if low <= number <= high:
                return number
    return number_of(key)


def code_bins(counts: Mapping[int, int]) -> DisplayBins:
    """One bar for each code."""
    values = tuple(map(float, counts))
    return DisplayBins(values, values, tuple(counts))


def symlog_of_bins(bins: Bins) -> Symlog:
    """The scale that suits the numbers: linear up to the median size of those that are not zero."""
    sizes: dict[int, int] = {}
    for key, count in bins.items():
        size = key_of(abs(number_of(key)))
        if size:
            sizes[size] = sizes.get(size, 0) + count
    ordered = dict(sorted(sizes.items()))
    reach = max((number_of(key) for key in ordered), default=1.0)
    unit = quantile(ordered, 0.5) if ordered else 1.0
    return Symlog(max(unit, reach * 1e-12), reach)
