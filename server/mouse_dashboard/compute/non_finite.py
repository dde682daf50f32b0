"""Count non-finite values by kind."""

from collections.abc import Mapping
from typing import NamedTuple, Self

import torch
from torch import Tensor


class NonFiniteCounts(NamedTuple):
    """Non-finite values of a tensor, by kind."""

    nan: int = 0
    pos_inf: int = 0
    neg_inf: int = 0
    numel: int = 0

    def plus(self, other: Self) -> Self:
        """Sum of the counts of two tensors."""
        return type(self)(*(mine + its for mine, its in zip(self, other, strict=True)))


def count_non_finite(values: Tensor) -> NonFiniteCounts:
    """Count; fast when everything is finite, because a finite sum has only finite parts."""
    if bool(values.sum().isfinite()):
        return NonFiniteCounts(numel=values.numel())
    nan, pos_inf, neg_inf = (int(mask.sum()) for mask in (values.isnan(), values == torch.inf, values == -torch.inf))
    return NonFiniteCounts(nan, pos_inf, neg_inf, values.numel())


def health_of(values: Mapping[str, Tensor]) -> dict[str, NonFiniteCounts]:
    """Non-finite counts of every floating-point tensor."""
    return {name: count_non_finite(each) for name, each in values.items() if each.is_floating_point()}
