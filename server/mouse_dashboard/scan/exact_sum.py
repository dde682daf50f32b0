"""Exact sums: integers in units of the smallest float64, so that the order of addition cannot change the last bit.

`math.fsum` is exact, but wants all numbers in one list: its result is rounded, and rounded results do not merge. A
float64 is m * 2^e with whole m: numbers of one exponent are added as whole numbers that float64 holds exactly, and
Python's own integers add up the exponents.
"""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1074
"""2^-1074 is the smallest positive float64: a sum counts it."""
FRACTION = 52
"""Bits of a float64 that hold its fraction; those above hold its exponent, and the highest one its sign."""
EXPONENT = (1 << 11) - 1
HALF = 27
"""Bits of the lower part of a mantissa."""
MOST = 1 << 24
"""Numbers that are added at once: parts of 27 bits of so many fit into the 53 bits of a float64."""


class Parts(NamedTuple):
    """Numbers as whole ones: each is (upper * 2^HALF + lower) * 2^(exponent - 1) of the smallest float64s."""

    exponent: NDArray[np.int64]
    upper: NDArray[np.int64]
    lower: NDArray[np.int64]


def parts_of(values: NDArray[Any]) -> Parts:
    """Decompose finite numbers ``[N]``."""
    bits = np.ascontiguousarray(values, np.float64).view(np.int64)
    exponent = (bits >> FRACTION) & EXPONENT
    whole = (bits & ((1 << FRACTION) - 1)) | ((exponent != 0).astype(np.int64) << FRACTION)
    whole *= 1 - 2 * (bits < 0).astype(np.int64)
    return Parts(np.maximum(exponent, 1), whole >> HALF, whole & ((1 << HALF) - 1))


def exact_sum(values: NDArray[Any]) -> int:
    """Add up finite numbers ``[N]``."""
    return exact_sums(parts_of(values), None, 1)[0]


def exact_sums(parts: Parts, groups: NDArray[Any] | None, count: int) -> list[int]:
    """Sum numbers by group.

    Args:
        parts: the numbers.
        groups: for each the number of its group, from 0 to `count` - 1; all of one group if None.
        count: how many groups there are.
    """
    sums = [0] * count
    for start in range(0, len(parts.exponent), MOST):
        some = slice(start, start + MOST)
        exponent = parts.exponent[some]
        key = exponent if groups is None else exponent + groups[some].astype(np.int64) * (EXPONENT + 1)
        for half, shift in ((parts.upper[some], HALF), (parts.lower[some], 0)):
            if half.any():
                _add_up(sums, np.bincount(key, half, count * (EXPONENT + 1)), shift)
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


def _add_up(sums: list[int], added: NDArray[Any], shift: int) -> None:
    for place in added.nonzero()[0].tolist():
        group, exponent = divmod(place, EXPONENT + 1)
        sums[group] += int(added[place]) << (exponent - 1 + shift)
