"""The distance of each shard's distributions from those of all other shards, by quantity; the basis of drift."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.histogram import Bins
from mouse_dashboard.scan.issue import LOSS
from mouse_dashboard.scan.statistics import Distance, cramers_v, kolmogorov_smirnov
from mouse_dashboard.scan.summary import Summary

NUMBERS = ("reward", "reward_other_than_0", "episode_length", "episode_return")
CODES = {"action": "action", "end": "done"}
"""Quantities that are codes, and the field that they are of."""
Deviations = Mapping[str, Mapping[str, Distance]]
"""By quantity, then by shard; a shard that has nothing to be compared, or nothing to be compared with, is left out."""


def quantities_of(whole: Summary) -> list[str]:
    """All quantities that shards are compared by."""
    return [name for name in whole.distributions if name in NUMBERS or name.endswith(LOSS)] + list(CODES)


def sample_of(summary: Summary, quantity: str) -> Bins:
    """Counts of a quantity: of numbers by bin, of codes by code; of `done`, among the ends."""
    if quantity not in CODES:
        return summary.distributions.get(quantity, Distribution()).bins
    counts = summary.counts.get(CODES[quantity], {})
    return counts if quantity == "action" else {code: count for code, count in counts.items() if code}


def deviations(summaries: Mapping[str, Summary], whole: Summary, all_episodes: int) -> Deviations:
    """Compare each shard with all others combined; each summary is read once.

    Args:
        summaries: of each shard.
        whole: of all of them together.
        all_episodes: sum of their `independent_counts`.
    """
    totals = {name: _arrays(sample_of(whole, name)) for name in quantities_of(whole)}
    found: dict[str, dict[str, Distance]] = {name: {} for name in totals}
    for shard, summary in summaries.items():
        for name, total in totals.items():
            distance = _distance(name, summary, total, all_episodes)
            if distance is not None:
                found[name][shard] = distance
    return found


def independent_counts(summary: Summary) -> int:
    """The effective sample size: steps of one episode are not independent."""
    return max(summary.sequences, sum(sample_of(summary, "end").values()))


def _distance(
    name: str, summary: Summary, total: tuple[NDArray[Any], NDArray[Any]], all_episodes: int
) -> Distance | None:
    keys, counts = total
    mine = np.zeros_like(counts)
    of_shard, of_counts = _arrays(sample_of(summary, name))
    mine[np.searchsorted(keys, of_shard)] = of_counts
    rest, episodes = counts - mine, independent_counts(summary)
    # Steps of one episode depend on each other: no more than one of each counts as independent.
    independent = min(int(mine.sum()), episodes), min(int(rest.sum()), all_episodes - episodes)
    if not all(independent):
        return None
    return (cramers_v if name in CODES else kolmogorov_smirnov)(mine, rest, independent)


def _arrays(bins: Mapping[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.fromiter(bins.keys(), np.int64, len(bins)), np.fromiter(bins.values(), np.int64, len(bins))
