"""Estimate the numbers of all sequences from a sample, before and after a slider moved; unchanged values stay exact.

The difference estimator of survey sampling: `all before + (some now - some before)`.

References:
    Cochran, Sampling techniques, 1977, chapter 7.
"""

import math
from dataclasses import replace
from typing import NamedTuple, Self

from mouse_dashboard.compute.loss_evaluation import LossEvaluation


class SampleNumbers(NamedTuple):
    """A loss and its metrics on some sequences."""

    mean: float
    metrics: dict[str, float]

    @classmethod
    def of(cls, some: LossEvaluation) -> Self:
        """The numbers of an evaluation."""
        return cls(float(some.mean), some.metrics)


def estimate(exact: LossEvaluation, before: SampleNumbers, now: LossEvaluation) -> LossEvaluation:
    """The evaluation of a sample, with numbers for all sequences: the last exact ones plus the change on the sample."""
    metrics = {
        name: _moved(exact.metrics[name], before.metrics[name], value) if name in exact.metrics else value
        for name, value in now.metrics.items()
    }
    mean = now.mean.new_tensor(_moved(float(exact.mean), before.mean, float(now.mean)))
    return replace(now, mean=mean, metrics=metrics)


def _moved(exact: float, before: float, now: float) -> float:
    """The estimate; the sample's own value if the estimate is not finite, or negative although no value was."""
    value = exact + (now - before)
    return value if math.isfinite(value) and not value < 0 <= min(exact, before, now) else now
