"""Counting what is not finite, by kind."""

from collections.abc import Mapping
from typing import NamedTuple, Self

import torch
from torch import Tensor


class Counts(NamedTuple):
    """Values of a tensor that are not finite, by kind."""

    nan: int = 0
    pos_inf: int = 0
    neg_inf: int = 0
    numel: int = 0

    def plus(self, other: Self) -> Self:
        """Counts of both tensors together."""
        return type(self)(*(mine + its for mine, its in zip(self, other, strict=True)))


def counts_of(values: Tensor) -> Counts:
    """Count; quick where everything is finite, because a finite sum has only finite parts."""
    if bool(values.sum().isfinite()):
        return Counts(numel=values.numel())
    nan, pos_inf, neg_inf = (int(mask.sum()) for mask in (values.isnan(), values == torch.inf, values == -torch.inf))
    return Counts(nan, pos_inf, neg_inf, values.numel())


def health_of(values: Mapping[str, Tensor]) -> dict[str, Counts]:
    """Of every floating-point tensor, what is not finite."""
    return {name: counts_of(each) for name, each in values.items() if each.is_floating_point()}
