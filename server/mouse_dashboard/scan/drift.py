"""Shards whose rewards, episodes, actions or losses are not like those of all others.

Which difference matters is a matter of its size, not of its p-value: of a million steps, every one is significant.
Sizes and their threshold are those of Deepchecks' feature drift: Kolmogorov-Smirnov for numbers, Cramér's V for
categories, 0.2.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import TypeVar

from mouse.diagnosis.numbers import percent
from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.issue import Issue
from mouse_dashboard.scan.statistics import Distance, cramers_v, kolmogorov_smirnov
from mouse_dashboard.scan.summary import Summary, add_counts

Sample = TypeVar("Sample")
CHECK = "shard-drift"
THRESHOLD = 0.2
CHANCE = 0.01
"""Probability that one of all comparisons would find a difference where there is none."""
LOSS = ".loss"
DATA = ("reward", "reward_other_than_0", "episode_length", "episode_return")
FIX = "Look at the shard: another scale, another source, or another policy; scan it apart where it is meant to differ."


def drift(summaries: Mapping[str, Summary]) -> Iterator[tuple[str, Issue]]:
    """Compare each shard with all others together."""
    numbers = sorted({name for each in summaries.values() for name in each.distributions if _is_compared(name)})
    comparisons = len(summaries) * (len(numbers) + 2)
    for name in numbers:
        samples = {shard: each.distributions.get(name, Distribution()) for shard, each in summaries.items()}
        for shard, rest in _rests(samples, Distribution.merge, Distribution()).items():
            mine = samples[shard]
            counts = _independent(mine.count, rest.count, summaries, shard)
            found = kolmogorov_smirnov(mine.bins, rest.bins, counts) if all(counts) else Distance(0, 1)
            if found.size > THRESHOLD and found.p < CHANCE / comparisons:
                told = f"{name}: median {mine.quantile(0.5):.4g}, in the other shards {rest.quantile(0.5):.4g}"
                yield shard, _issue(name, f"{told} (Kolmogorov-Smirnov", found)
    for name, field in (("action", "action"), ("end", "done")):
        samples = {shard: _codes(each, field) for shard, each in summaries.items()}
        for shard, rest in _rests(samples, add_counts, {}).items():
            mine = samples[shard]
            counts = _independent(sum(mine.values()), sum(rest.values()), summaries, shard)
            found = cramers_v(mine, rest, counts) if all(counts) else Distance(0, 1)
            if found.size > THRESHOLD and found.p < CHANCE / comparisons:
                yield shard, _issue(name, f"{_most_different(name, mine, rest)} (Cramér's V", found)


def _is_compared(name: str) -> bool:
    return name in DATA or name.endswith(LOSS)


def _codes(summary: Summary, field: str) -> dict[int, int]:
    """How often each code occurs; of `done`, among the ends."""
    counts = summary.counts.get(field, {})
    return counts if field == "action" else {code: count for code, count in counts.items() if code}


def _independent(mine: int, rest: int, summaries: Mapping[str, Summary], shard: str) -> tuple[int, int]:
    """Steps of one episode depend on each other: no more than one of each is taken to be independent."""
    episodes = {name: max(each.sequences, sum(_codes(each, "done").values())) for name, each in summaries.items()}
    return min(mine, episodes[shard]), min(rest, sum(episodes.values()) - episodes[shard])


def _rests(
    samples: Mapping[str, Sample], merge: Callable[[Sample, Sample], Sample], nothing: Sample
) -> dict[str, Sample]:
    """All other samples together, for each: those before it and those after it."""
    before = list(accumulate(samples.values(), merge, initial=nothing))[:-1]
    after = list(accumulate(reversed([*samples.values()]), merge, initial=nothing))[-2::-1]
    return {name: merge(*sides) for name, *sides in zip(samples, before, after, strict=True)}


def _most_different(name: str, mine: Mapping[int, int], rest: Mapping[int, int]) -> str:
    totals = sum(mine.values()), sum(rest.values())
    shares = {key: (mine.get(key, 0) / totals[0], rest.get(key, 0) / totals[1]) for key in {*mine, *rest}}
    key = max(sorted(shares), key=lambda each: abs(shares[each][0] - shares[each][1]))
    what = f"action {key}" if name == "action" else f"ends with done = {key}"
    return f"{name}: {percent(shares[key][0])} {what}, in the other shards {percent(shares[key][1])}"


def _issue(name: str, told: str, found: Distance) -> Issue:
    p = f"p = {found.p:.1g}" if found.p else "p < 1e-300"
    message = f"{told} {found.size:.3g}, threshold {THRESHOLD}, {p})."
    return Issue(CHECK, "warning", message, found.size, THRESHOLD, found.p, name, fix=FIX)
