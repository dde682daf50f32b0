"""What a naive reference gives: the same numbers as a loss, computed by loops over Python floats."""

import math
from dataclasses import dataclass
from typing import TypeAlias, cast

from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import names

Rows: TypeAlias = list[list[float]]
Cube: TypeAlias = list[list[list[float]]]


@dataclass(frozen=True)
class Reference:
    terms: dict[str, object]
    """Nested lists by term name; None where the config switches a term off."""
    loss: float
    metrics: dict[str, float]
    gradient: object
    """Nested lists: derivative of the loss with respect to the head that learns."""


def rows(values: Tensor) -> Rows:
    return cast("Rows", values.tolist())


def cube(values: Tensor) -> Cube:
    return cast("Cube", values.tolist())


def after_first(source: TensorDictBase, name: str) -> Rows | None:
    """A field of transitions, which stands a row later; None where there is none."""
    return [row[1:] for row in rows(source[name])] if name in names(source) else None


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def bessel_std(values: list[float]) -> float:
    middle = mean(values)
    return (sum((value - middle) ** 2 for value in values) / (len(values) - 1)) ** 0.5


def flat(values: Rows) -> list[float]:
    return [value for row in values for value in row]


def softmax(values: list[float]) -> list[float]:
    highest = max(values)
    powers = [math.exp(value - highest) for value in values]
    return [power / sum(powers) for power in powers]
