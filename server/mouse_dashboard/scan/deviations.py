"""How far each shard is from all others together, by quantity: what drift is found by, and what the page shows."""

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
    """All that shards are compared by."""
    return [name for name in whole.distributions if name in NUMBERS or name.endswith(LOSS)] + list(CODES)


def sample_of(summary: Summary, quantity: str) -> Bins:
    """Counts of a quantity: of numbers by bin, of codes by code; of `done`, among the ends."""
    if quantity not in CODES:
        return summary.distributions.get(quantity, Distribution()).bins
    counts = summary.counts.get(CODES[quantity], {})
    return counts if quantity == "action" else {code: count for code, count in counts.items() if code}


def deviations(summaries: Mapping[str, Summary], whole: Summary, all_episodes: int) -> Deviations:
    """Compare each shard with all others together; each summary is taken once.

    Args:
        summaries: of each shard.
        whole: of all of them together.
        all_episodes: sum of `episodes_of` them.
    """
    totals = {name: _arrays(sample_of(whole, name)) for name in quantities_of(whole)}
    found: dict[str, dict[str, Distance]] = {name: {} for name in totals}
    for shard, summary in summaries.items():
        for name, total in totals.items():
            distance = _distance(name, summary, total, all_episodes)
            if distance is not None:
                found[name][shard] = distance
    return found


def episodes_of(summary: Summary) -> int:
    """How many numbers count as independent of each other: steps of one episode are not."""
    return max(summary.sequences, sum(sample_of(summary, "end").values()))


def _distance(
    name: str, summary: Summary, total: tuple[NDArray[Any], NDArray[Any]], all_episodes: int
) -> Distance | None:
    keys, counts = total
    mine = np.zeros_like(counts)
    of_shard, of_counts = _arrays(sample_of(summary, name))
    mine[np.searchsorted(keys, of_shard)] = of_counts
    rest, episodes = counts - mine, episodes_of(summary)
    # Steps of one episode depend on each other: no more than one of each counts as independent.
    independent = min(int(mine.sum()), episodes), min(int(rest.sum()), all_episodes - episodes)
    if not all(independent):
        return None
    return (cramers_v if name in CODES else kolmogorov_smirnov)(mine, rest, independent)


def _arrays(bins: Mapping[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.fromiter(bins.keys(), np.int64, len(bins)), np.fromiter(bins.values(), np.int64, len(bins))
