"""Sequences that stand in two shards, and shards that share no state with the others."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from math import sqrt
from statistics import median

from mouse.diagnosis.numbers import percent, several
from mouse_dashboard.scan.fingerprint import Sketch
from mouse_dashboard.scan.issue import Issue
from mouse_dashboard.scan.summary import Summary

DUPLICATES = "shard-duplicates"
LONELY = "shard-unshared-states"
LEAST = 0.01
"""Share of a shard's runs that stand in another one beyond chance."""
SIGMAS = 4
MOST_BY_CHANCE = 0.5
"""Where more recur by chance, copies cannot be told."""
USUAL = 0.2
"""Share of states that shards have in common where sharing none is remarkable."""
FEW = 20
"""Hashes that a statement needs."""


def duplicates(summaries: Mapping[str, Summary]) -> Iterator[tuple[str, Issue]]:
    """Compare runs of steps between every two shards that have one in common.

    By chance, a run of another shard of the same world occurs in this one with the probability that one more run of
    this shard would: 1 - (runs that occur once) / (runs), Good and Turing's estimate. Where most shards have more in
    common than that, it is what they have in common that is usual.
    """
    sketches = {shard: each.runs for shard, each in summaries.items() if len(each.runs.smallest) >= FEW}
    pairs = _pairs(sketches)
    for one, sketch in sketches.items():
        others = {
            other: _share(sketch, of, pairs.get((one, other), [])) for other, of in sketches.items() if other != one
        }
        usual = median(share for share, _of in others.values()) if len(others) > 2 else 0.0
        copies: dict[str, tuple[float, float]] = {}
        for other, (shared, of) in others.items():
            chance = max(usual, _recurring(sketches[other]))
            beyond = SIGMAS * sqrt(max(chance, 1 / max(1, of)) * (1 - chance) / max(1, of))
            if chance < MOST_BY_CHANCE and shared > chance + max(LEAST, beyond):
                copies[other] = shared, chance
        if copies:
            yield one, _copied(one, copies, sketches, pairs)


def _copied(
    one: str,
    copies: Mapping[str, tuple[float, float]],
    sketches: Mapping[str, Sketch],
    pairs: Mapping[tuple[str, str], list[int]],
) -> Issue:
    other = max(copies, key=lambda each: copies[each])
    (shared, chance), common = copies[other], pairs[one, other]
    first = min(common, key=lambda key: sketches[one].smallest[key][1:])
    here, there = sketches[one].smallest[first][1:], sketches[other].smallest[first][1:]
    more = f", and some in {several(len(copies) - 1, 'other shard')}" if len(copies) > 1 else ""
    message = (
        f"About {percent(round(shared, 3))} of its runs of steps stand in {other} too{more}; by chance"
        f" {percent(round(chance, 3))} would (threshold {percent(LEAST)} beyond). One begins at {list(here)}, there at"
        f" {list(there)}."
    )
    fix = "Remove one of the two; between training and evaluation it is a leak."
    return Issue(DUPLICATES, "warning", message, shared - chance, LEAST, None, "runs", len(common), (here,), fix)


def lonely(summaries: Mapping[str, Summary]) -> Iterator[tuple[str, Issue]]:
    """Find shards without a state of the others, where the others have states in common."""
    sketches = {shard: each.states for shard, each in summaries.items() if len(each.states.smallest) >= FEW}
    limit = min((sketch.limit for sketch in sketches.values()), default=0)
    known = {shard: [key for key in sketch.smallest if key <= limit] for shard, sketch in sketches.items()}
    owners = Counter(key for keys in known.values() for key in keys)
    shares = {shard: sum(owners[key] > 1 for key in keys) / len(keys) for shard, keys in known.items() if keys}
    usual = median(shares.values()) if len(shares) > 2 else 0.0
    for shard, share in shares.items():
        if share == 0 and usual > USUAL:
            message = (
                f"None of its states stands in another shard; of the others' states {percent(round(usual, 3))} do"
                f" (half of the shards; threshold {percent(USUAL)})."
            )
            fix = "Check that it is of the same world, and that observations are scaled as elsewhere."
            yield shard, Issue(LONELY, "warning", message, 0.0, usual, None, "states", fix=fix)


def _pairs(sketches: Mapping[str, Sketch]) -> dict[tuple[str, str], list[int]]:
    owners: dict[int, list[str]] = defaultdict(list)
    for shard, sketch in sketches.items():
        for key in sketch.smallest:
            owners[key].append(shard)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key, shards in owners.items():
        for one in shards:
            for other in shards:
                if one != other and key <= min(sketches[one].limit, sketches[other].limit):
                    found[one, other].append(key)
    return dict(sorted(found.items()))


def _share(one: Sketch, other: Sketch, common: list[int]) -> tuple[float, int]:
    """Share of runs of one that stand in the other, and of how many runs that was seen."""
    limit = min(one.limit, other.limit)
    of = sum(count for key, (count, _row, _step) in one.smallest.items() if key <= limit)
    return (sum(one.smallest[key][0] for key in common) / of if of else 0.0), of


def _recurring(sketch: Sketch) -> float:
    counts = [count for count, _row, _step in sketch.smallest.values()]
    return 1 - sum(count == 1 for count in counts) / sum(counts)
