"""A symlog colour scale for heavy tails: linear around zero, logarithmic beyond."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mouse_dashboard.schema.numbers import plain

MOST_TICKS = 4
"""Numbers beside the colour bar, on each side of zero."""
DECADES = 12
"""What a map spans at most: below it all is as good as zero."""


@dataclass(frozen=True)
class Symlog:
    """``sign(x) log10(1 + |x| / unit)``, float64."""

    unit: float
    """Where linear becomes logarithmic: the median size of what is not zero."""
    reach: float
    """The largest size."""

    def of(self, values: Tensor) -> Tensor:
        """Place of values on the scale; NaN stays NaN."""
        exact = values.double()
        return exact.sign() * torch.log1p(exact.abs() / self.unit) / math.log(10)

    def inverse(self, places: Tensor) -> Tensor:
        """Values at places on the scale."""
        return places.sign() * torch.expm1(places.abs() * math.log(10)) * self.unit

    def ticks(self) -> tuple[list[float], list[str]]:
        """Round numbers from zero outwards, on both sides: their places and how they are written."""
        sizes = self._round([1]) if len(self._round([1])) > 1 else self._round([1, 2, 5]) or [self.reach]
        shown = sizes[:: -(-len(sizes) // MOST_TICKS)]
        numbers = [*(-size for size in reversed(shown)), 0.0, *shown]
        return plain(self.of(torch.tensor(numbers, dtype=torch.float64))), [f"{number:.3g}" for number in numbers]

    def _round(self, digits: list[int]) -> list[float]:
        """Every such digit times a power of ten, between unit and reach."""
        exponents = range(math.floor(math.log10(self.unit)), math.floor(math.log10(self.reach)) + 1)
        numbers = [float(f"{digit}e{exponent}") for exponent in exponents for digit in digits]
        return [number for number in numbers if self.unit <= number <= self.reach]


def symlog_of(shown: Tensor) -> Symlog | None:
    """The scale that fits a map; None if it is all zeros."""
    sizes = shown[shown.isfinite() & (shown != 0)].double().abs()
    if sizes.numel() == 0:
        return None
    reach = float(sizes.max())
    return Symlog(max(float(sizes.median()), reach * 10.0**-DECADES), reach)
