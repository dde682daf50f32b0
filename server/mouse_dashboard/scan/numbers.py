"""The statistics of a block: distributions of rewards, episodes and terms, the loss by class, the worst places."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.episodes import Episodes
from mouse.diagnosis.evaluation import Evaluation
from mouse_dashboard.compute.slices.groupings import groupings
from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.exact_sum import exact_sum, exact_sums, parts_of
from mouse_dashboard.scan.issue import LOSS
from mouse_dashboard.scan.summary import WORST, ClassTotal, MetricTotal, WorstPlace, worst_of

CODES = ("action", "done")
MAX_CODES = 4096
"""Codes that are counted: larger ones are none, and negative ones are findings."""


def step_distributions(step_stream: TensorDictBase) -> dict[str, Distribution]:
    """Rewards, and lengths and returns of whole episodes. Row 0 of a sequence is left out: nothing reads its reward."""
    found: dict[str, Distribution] = {}
    reward, done, time = (_field(step_stream, name) for name in ("reward", "done", "time"))
    if reward is not None:
        reward = reward.double()
        read = reward[:, 1:]
        found["reward"] = Distribution.of(_array(read))
        other = read != 0
        found["reward_other_than_0"] = found["reward"] if bool(other.all()) else Distribution.of(_array(read[other]))
    if done is not None and not done.is_complex():
        episodes = Episodes(done, time, reward)
        found["episode_length"] = Distribution.of(_array(episodes.lengths))
        if reward is not None and len(episodes.lengths):
            found["episode_return"] = Distribution.of(_returns(episodes, _array(reward)))
    return found


def _returns(episodes: Episodes, reward: NDArray[Any]) -> NDArray[Any]:
    """Sums of the rewards of the episodes that lie in their sequence from their first step on, each on its own."""
    (row, step), lengths = episodes.whole, episodes.lengths
    inside = lengths <= step
    stop = (row * reward.shape[1] + step + 1)[inside]
    bounds = torch.stack([stop - lengths[inside], stop], dim=1).flatten()
    return np.add.reduceat(np.append(reward, 0), _array(bounds))[::2]  # every other sum is of what lies between two


class LossPlaces(NamedTuple):
    """A loss on a block, by place."""

    added: Tensor
    """What each place adds to the sum, ``[B, S]`` or ``[B, S - 1]``."""
    divisors: Tensor | None = None
    """How often each counts in what the mean divides that sum by; None where each counts once."""

    @property
    def distribution(self) -> Distribution:
        """The distribution of the contributions of places, with the mean that training minimises."""
        return Distribution.of(_array(self.added), None if self.divisors is None else _array(self.divisors))


def places_of(evaluation: Evaluation) -> LossPlaces:
    """Take a loss apart."""
    terms, divisor = evaluation.terms, evaluation.loss.divisor
    return LossPlaces(terms.loss, getattr(terms, divisor).long() if divisor else None)


def metrics_of(evaluation: Evaluation) -> dict[str, MetricTotal]:
    """The metrics that training would log with the block as its batch, except those of the model's output alone."""
    places = evaluation.terms.loss.numel()
    found: dict[str, MetricTotal] = {}
    for metric, value in evaluation.loss.other_metrics(evaluation.terms, None).items():
        number = float(value)
        weighed = np.array([number * places]) if isfinite(number) else np.empty(0)
        found[f"{evaluation.name}.{metric}"] = MetricTotal(exact_sum(weighed), places * len(weighed))
    return found


def loss_distributions(losses: Mapping[str, LossPlaces]) -> dict[str, Distribution]:
    """The distribution of each place's contribution to each loss."""
    return {f"{name}{LOSS}": places.distribution for name, places in losses.items()}


def count_codes(step_stream: TensorDictBase) -> dict[str, dict[int, int]]:
    """Count each action and each done code, without row 0 of a sequence."""
    found: dict[str, dict[int, int]] = {}
    for name in CODES:
        value = _field(step_stream, name)
        if value is not None and not value.is_floating_point() and not value.is_complex():
            codes = _array(value[:, 1:].long()).ravel()
            if len(codes) and 0 <= codes.min() <= codes.max() < MAX_CODES:
                counts = np.bincount(codes)
                found[name] = {code: int(counts[code]) for code in counts.nonzero()[0].tolist()}
    return found


def class_totals(losses: Mapping[str, LossPlaces], step_stream: TensorDictBase) -> dict[str, ClassTotal]:
    """Loss by class for every grouping; empty classes are dropped."""
    found: dict[str, ClassTotal] = {}
    grouped = groupings(step_stream) if losses else {}
    for name, (places, divisors) in losses.items():
        values = _array(places.detach()).astype(np.float64)
        times = None if divisors is None else _array(divisors).ravel()
        flat, known = values.ravel(), np.isfinite(values).ravel()
        parts = parts_of(flat[known])
        for grouping in grouped.values():
            labels = len(grouping.labels)
            index = _array(grouping.index[:, : places.shape[1]]).ravel()
            counts = np.bincount(index[known], minlength=labels)
            others = np.bincount(index[~known], minlength=labels)
            sums = exact_sums(parts, index[known], labels)
            divided = counts if times is None else np.bincount(index[known], times[known], minlength=labels)
            for number, label in enumerate(grouping.labels):
                if counts[number] or others[number]:
                    key = "\n".join((name, grouping.name, label))
                    found[key] = ClassTotal(
                        int(counts[number]), sums[number], int(others[number]), int(divided[number])
                    )
    return dict(sorted(found.items()))


def worst_places(places: Tensor, first: int, file_rows: Tensor | None) -> tuple[WorstPlace, ...]:
    """The places with the largest finite loss; numbers that are none are counted apart, and are findings."""
    flat = places.detach().double().flatten()
    flat = flat.masked_fill(~flat.isfinite(), -torch.inf)
    least = flat.topk(min(WORST, len(flat))).values[-1]
    candidates = (flat >= least).nonzero().flatten()
    if len(candidates) > WORST:  # equal ones: the first are kept
        above = flat[candidates] > least
        candidates = torch.cat([candidates[above], candidates[~above][: WORST - int(above.sum())]])
    width = places.shape[1]
    found: list[WorstPlace] = []
    for at in cast("list[int]", candidates.tolist()):
        value, row, step = float(flat[at]), at // width, at % width
        if value > -torch.inf:
            file_row = None if file_rows is None else int(file_rows[row, step])
            found.append(WorstPlace(value, first + row, step, file_row))
    return worst_of(found)


def _field(step_stream: TensorDictBase, name: str) -> Tensor | None:
    value = cast("object", step_stream.get(name, None))
    return value if isinstance(value, Tensor) and value.shape == step_stream.batch_size else None


def _array(values: Tensor) -> NDArray[Any]:
    values = values.detach()
    return (values.double() if values.dtype == torch.bfloat16 else values).numpy()
