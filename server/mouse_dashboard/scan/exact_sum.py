"""Sums without rounding: a whole number of the smallest float64, so that no order of adding can change the last bit.

`math.fsum` is exact, but wants all numbers in one list: its result is rounded, and rounded results do not merge. A
float64 is m * 2^e with whole m: numbers of one exponent are added as whole numbers that float64 holds exactly, and
Python's own integers add up the exponents.
"""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1074
"""2^-1074 is the smallest positive float64: a sum counts it."""
MANTISSA = 53
HALF = 27
"""Bits of the lower part of a mantissa."""
MOST = 1 << 24
"""Numbers that are added at once: parts of 27 bits of so many fit into the 53 bits of a float64."""
EXPONENTS = 2 * 1100
OFFSET = 1100


def exact_sums(values: NDArray[Any], groups: NDArray[Any] | None = None, count: int = 1) -> list[int]:
    """Add up finite numbers, apart for each group.

    Args:
        values: finite numbers ``[N]``.
        groups: for each the number of its group, from 0 to `count` - 1; all of one group if None.
        count: how many groups there are.
    """
    sums = [0] * count
    for start in range(0, len(values), MOST):
        part = slice(start, start + MOST)
        _add(sums, np.asarray(values[part], np.float64), None if groups is None else groups[part])
    return sums


def as_float(total: int) -> float:
    """The float64 nearest to a sum; infinite beyond the largest."""
    return fraction_as_float(Fraction(total, 1 << SMALLEST))


def fraction_as_float(value: Fraction) -> float:
    """The float64 nearest to an exact number."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _add(sums: list[int], values: NDArray[np.float64], groups: NDArray[Any] | None) -> None:
    mantissa, exponent = np.frexp(values)
    whole = np.ldexp(mantissa, MANTISSA).astype(np.int64)
    key = exponent.astype(np.int64) + OFFSET
    key = key if groups is None else key + groups.astype(np.int64) * EXPONENTS
    size = len(sums) * EXPONENTS
    upper, lower = whole >> HALF, whole & ((1 << HALF) - 1)
    for half, shift in ((upper, HALF), (lower, 0)):
        if half.any():
            _add_up(sums, np.bincount(key, half, size), shift)


def _add_up(sums: list[int], added: NDArray[Any], shift: int) -> None:
    for place in added.nonzero()[0].tolist():
        group, exponent = divmod(place, EXPONENTS)
        by = exponent - OFFSET - MANTISSA + shift + SMALLEST
        amount = int(added[place])
        sums[group] += amount << by if by >= 0 else amount >> -by  # a subnormal's mantissa ends in zeros
