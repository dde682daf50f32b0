"""Quantiles of a million values without a full sort: bucket floats by their upper bits, then by the lower ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from torch import Tensor

CLASSES = 1 << 16
"""A class is the upper half of a float32's bits: its values differ by less than 1/128 of themselves."""
RISING = np.concatenate((np.arange(0xFFFF, 0x7FFF, -1), np.arange(0x8000)))
"""Classes in the order of their values: the upper bits of negative floats fall."""
FINITE = RISING[0x80:-0x80]
"""Those of finite values."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ordered:
    """Values sorted into classes, each group for itself; float64 is rounded to float32 first, which keeps its order."""

    bits: npt.NDArray[np.uint32]
    """The values."""
    classes: npt.NDArray[np.uint32]
    """Class of each value, plus `CLASSES` times its group."""
    groups: int

    @cached_property
    def counts(self) -> Integers:
        """``[groups, CLASSES]``: values per class."""
        return np.bincount(self.classes, minlength=self.groups * CLASSES).reshape(self.groups, CLASSES)

    def finite(self, group: int = 0) -> int:
        """How many values of the group are finite."""
        return int(self.counts[group, FINITE].sum())

    def quantiles(self, shares: Sequence[float], group: int = 0) -> list[float]:
        """For each share the smallest finite value of the group that at least this share of them does not exceed.

        NaN where the group has no finite value.
        """
        count = self.finite(group)
        if not count:
            return [float("nan")] * len(shares)
        return self.at([max(0, int(np.ceil(share * count)) - 1) for share in shares], group)

    def at(self, ranks: Sequence[int], group: int = 0) -> list[float]:
        """For each rank the finite value of the group that so many of them stand before."""
        ends = self.counts[group, FINITE].cumsum()
        places = [int(place) for place in np.searchsorted(ends, ranks, side="right")]
        inside = {place: self._inside(int(FINITE[place]), group) for place in set(places)}
        before = [int(ends[place - 1]) if place else 0 for place in places]
        return [inside[place](rank - first) for place, rank, first in zip(places, ranks, before, strict=True)]

    def _inside(self, class_: int, group: int) -> Callable[[int], float]:
        """The value of one class that so many of the class stand before, by their lower bits."""
        lower = np.bincount(self.bits[self.classes == class_ + group * CLASSES] & 0xFFFF, minlength=CLASSES)
        falling = class_ >= CLASSES // 2
        ends = (lower[::-1] if falling else lower).cumsum()

        def at(rank: int) -> float:
            low = int(np.searchsorted(ends, rank, side="right"))
            bits = class_ << 16 | (CLASSES - 1 - low if falling else low)
            return float(np.array([bits], np.uint32).view(np.float32)[0])

        return at


def ordered(values: Tensor, group: Tensor | None = None, groups: int = 1) -> Ordered:
    """Sort ``[n]`` values into classes, each group, ``[n]`` from 0 to `groups` - 1, for itself."""
    bits = _single(values.numpy()).view(np.uint32)
    classes = np.right_shift(bits, 16, dtype=np.uint32)
    if group is not None:
        classes |= group.numpy().astype(np.uint32) * np.uint32(CLASSES)
    return Ordered(bits, classes, groups)


def _single(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """As float32; what is finite stays finite."""
    if values.dtype == np.float64:
        most = np.finfo(np.float32).max
        values = np.where(np.isfinite(values), values.clip(-most, most), values)
    return np.ascontiguousarray(values, np.float32)
