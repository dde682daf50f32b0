"""A summary of millions of numbers: counts, extremes, exact sums and a histogram. They merge in any order."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, isqrt, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mouse_dashboard.scan.exact_sum import SMALLEST, as_float, exact_sum, fraction_as_float
from mouse_dashboard.scan.histogram import Bins, bins_of, merge_bins, quantile

ROOT_BITS = 128
"""Bits that the root of a variance is taken with, before it is rounded to a float."""


@dataclass(frozen=True)
class Distribution:
    """Numbers of one kind."""

    count: int = 0
    """Finite numbers."""
    nan: int = 0
    positive_infinity: int = 0
    negative_infinity: int = 0
    minimum: float = inf
    maximum: float = -inf
    total: int = 0
    """Sum, as `exact_sum` counts it."""
    squares: int = 0
    """Sum of the squares, each rounded to float64."""
    bins: Bins = field(default_factory=dict[int, int])
    divisor: int = 0
    """What the mean divides the sum by: the count, unless each number says how often it counts."""

    @classmethod
    def of(cls, values: NDArray[Any], divisors: NDArray[Any] | None = None) -> "Distribution":
        """Count numbers of any shape; a square beyond the largest float counts as that one.

        Args:
            values: the numbers.
            divisors: how often each counts in what their mean divides by, of the same shape; once each if None.
        """
        wide = np.asarray(values, np.float64).ravel()
        finite = np.isfinite(wide)
        known = wide if finite.all() else wide[finite]
        others = wide[~finite]
        if not len(known):
            return cls(0, *_non_finite(others))
        with np.errstate(over="ignore"):
            squares = np.minimum(known * known, np.finfo(np.float64).max)
        return cls(
            len(known),
            *_non_finite(others),
            float(known.min()) + 0.0,
            float(known.max()) + 0.0,
            exact_sum(known),
            exact_sum(squares),
            bins_of(known),
            len(known) if divisors is None else int(divisors.ravel()[finite].sum()),
        )

    def merge(self, other: "Distribution") -> "Distribution":
        """Merge two distributions; the result is independent of the order."""
        return Distribution(
            self.count + other.count,
            self.nan + other.nan,
            self.positive_infinity + other.positive_infinity,
            self.negative_infinity + other.negative_infinity,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
            self.squares + other.squares,
            merge_bins(self.bins, other.bins),
            self.divisor + other.divisor,
        )

    @property
    def non_finite(self) -> int:
        """Number of NaN and infinite values."""
        return self.nan + self.positive_infinity + self.negative_infinity

    @property
    def sum(self) -> float:
        """Sum of the finite numbers, rounded once."""
        return as_float(self.total)

    @property
    def mean(self) -> float:
        """Sum of the finite numbers by `divisor`, rounded once; NaN where there is none."""
        return fraction_as_float(Fraction(self.total, self.divisor << SMALLEST)) if self.divisor else nan

    @property
    def std(self) -> float:
        """Standard deviation with Bessel's correction; NaN of fewer than two numbers."""
        if self.count < 2:
            return nan
        spread = self.squares * self.count - Fraction(self.total * self.total, 1 << SMALLEST)
        variance = max(Fraction(0), spread) / ((self.count * (self.count - 1)) << SMALLEST)
        scale = 1 << max(0, ROOT_BITS + variance.denominator.bit_length() - variance.numerator.bit_length())
        return fraction_as_float(Fraction(isqrt(int(variance * scale * scale)), scale))

    def quantile(self, level: float) -> float:
        """Number that a share `level` does not exceed, to within `RELATIVE_ERROR`; NaN where there is none."""
        return min(max(quantile(self.bins, level), self.minimum), self.maximum) if self.count else nan


def _non_finite(values: NDArray[np.float64]) -> tuple[int, int, int]:
    return int(np.isnan(values).sum()), int((values == np.inf).sum()), int((values == -np.inf).sum())
