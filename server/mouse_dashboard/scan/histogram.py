"""A histogram with bins of constant relative width and integer counts that merge by addition.

A bin holds the floats that share sign, exponent and the first six bits of the mantissa, as in HdrHistogram, and stands
for the one nearest to 0: small whole numbers for themselves, and a quantile is off by less than 1/64. What the sketches
of libraries hold (KLL and REQ of datasketches, t-digests) depends on the order in which they merge. DDSketch's does
not, but its bins need a logarithm, which processors round differently; these need a shift of the number's own bits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEPT_BITS = 6
SHIFT = 52 - KEPT_BITS
RELATIVE_ERROR = 0.5**KEPT_BITS
"""Of a quantile: the width of a bin."""
SIGN = np.int64(np.iinfo(np.int64).max)

Bins = dict[int, int]
"""Count of each bin that is not empty, in the order of the numbers."""


def bins_of(values: NDArray[Any]) -> Bins:
    """Count finite numbers."""
    if not len(values):
        return {}
    keys = _keys(values)
    first = int(keys.min())
    if int(keys.max()) - first > 8 * len(keys) + (1 << 16):  # few numbers far apart
        found, counts = np.unique(keys, return_counts=True)
    else:
        counts = np.bincount(keys - first)
        (places,) = counts.nonzero()
        found, counts = places + first, counts[places]
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def merge_bins(one: Mapping[int, int], other: Mapping[int, int]) -> Bins:
    """Add the counts of two histograms."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}


def edges_of(key: int) -> tuple[float, float]:
    """Smallest and largest number of a bin."""
    low, high = _number(key << SHIFT), _number((key << SHIFT) + (1 << SHIFT) - 1)
    return (low, high) if key >= 0 else (_number((~key << SHIFT) + (1 << SHIFT) - 1, -1), _number(~key << SHIFT, -1))


def key_of(value: float) -> int:
    """The bin of a finite number."""
    return int(_keys(np.array([value]))[0])


def number_of(key: int) -> float:
    """The number that a bin stands for."""
    low, high = edges_of(key)
    return low if key >= 0 else high


def quantile(bins: Mapping[int, int], level: float) -> float:
    """Number that a share `level` of the others does not exceed; NaN where there is none."""
    total = sum(bins.values())
    rank, seen = level * max(0, total - 1), 0
    for key, count in bins.items():
        seen += count
        if seen > rank:
            return number_of(key)
    return np.nan


def _keys(values: NDArray[Any]) -> NDArray[np.int64]:
    bits = (np.asarray(values, np.float64) + 0.0).view(np.int64)  # -0.0 + 0.0 is 0.0
    return np.where(bits >= 0, bits >> SHIFT, ~((bits & SIGN) >> SHIFT))


def _number(bits: int, sign: int = 1) -> float:
    return sign * float(np.int64(bits).view(np.float64))
