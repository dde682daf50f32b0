"""Find sequences that occur in two shards, and shards that share no state with the others.

Of each shard only hashes stay in memory, 20 kB: of 10,000 shards, 200 MB.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mouse.diagnosis.numbers import percent
from mouse.wording import counted
from mouse_dashboard.scan.fingerprint import Hashes, Sketch
from mouse_dashboard.scan.issue import Issue
from mouse_dashboard.scan.summary import Summary

DUPLICATES = "shard-duplicates"
UNSHARED_STATES = "shard-unshared-states"
LEAST = 0.01
"""Share of a shard's runs that stand in another one beyond chance."""
SIGMAS = 4
MOST_BY_CHANCE = 0.5
"""Where more recur by chance, copies cannot be told."""
USUAL = 0.2
"""Share of states that shards have in common where sharing none is remarkable."""
MOST_OWNERS = 200
"""Shards that a run stands in at most: one that more have is of their world."""
FEW = 20
"""Hashes that a statement needs."""


@dataclass(frozen=True)
class HashSample:
    """Sorted hashes of a sketch."""

    keys: Hashes
    counts: NDArray[np.int32]
    """How often each occurs."""
    limit: int
    """Up to which hash all are known."""

    @classmethod
    def of(cls, sketch: Sketch) -> "HashSample":
        """Keep what shards are compared by."""
        keys = np.fromiter(sketch.smallest, np.uint64, len(sketch.smallest))
        counts = [min(count, np.iinfo(np.int32).max) for count, _row, _step in sketch.smallest.values()]
        return cls(keys, np.array(counts, np.int32), sketch.limit)

    @property
    def content(self) -> bytes:
        """A key that is equal for equal samples."""
        return self.keys.tobytes() + self.counts.tobytes()

    @property
    def recurring(self) -> float:
        """Share of the hashed items that occur more than once."""
        return 1 - float((self.counts == 1).sum() / self.counts.sum())


class _Copies(NamedTuple):
    """Shards that another one has more in common with than chance explains."""

    others: int
    shard: str
    """The one of them with the most in common."""
    shared: float
    chance: float


def duplicates(runs: Mapping[str, HashSample], summaries: Mapping[str, Summary]) -> Iterator[tuple[str, Issue]]:
    """Compare runs of steps between every two shards that have one in common.

    By chance, a run of another shard of the same world occurs in this one with the probability that one more run of
    this shard would: 1 - (runs that occur once) / (runs), Good and Turing's estimate. Where most shards have more in
    common than that, it is what they have in common that is usual. Shards whose runs are all the same are one here.
    """
    same: dict[bytes, list[str]] = {}
    for shard, sample in runs.items():
        if len(sample.keys) >= FEW:
            same.setdefault(sample.content, []).append(shard)
    groups = list(same.values())
    index = _Index([runs[group[0]] for group in groups], [len(group) for group in groups])
    for number, group in enumerate(groups):
        for shard in group:
            if copies := index.copies(number, shard, groups):
                yield shard, _copied(shard, copies, summaries)


class _Index:
    """Which shards have a hash, of those that differ."""

    def __init__(self, samples: Sequence[HashSample], sizes: Sequence[int]) -> None:
        self._samples, self._sizes = samples, np.array(sizes, np.int64)
        self._limits = np.array([sample.limit for sample in samples], np.uint64)
        self._recurring = np.array([sample.recurring for sample in samples])
        keys = np.concatenate([sample.keys for sample in samples] or [np.empty(0, np.uint64)])
        owners = np.repeat(np.arange(len(samples), dtype=np.int32), [len(sample.keys) for sample in samples])
        order = np.argsort(keys, kind="stable")
        self._keys, self._owners = keys[order], owners[order]

    def copies(self, number: int, shard: str, groups: Sequence[Sequence[str]]) -> _Copies | None:
        """What a shard, one of a group, has in common with the other groups and with its own."""
        shares, of = self._shares(number)
        shares[number], of[number] = 1.0, self._samples[number].counts.sum()
        sizes = self._sizes.copy()
        sizes[number] -= 1
        usual = float(np.median(np.repeat(shares, sizes))) if sizes.sum() > 2 else 0.0
        chance = np.maximum(usual, self._recurring) if len(groups) > 1 else self._recurring
        beyond = SIGMAS * np.sqrt(np.maximum(chance, 1 / np.maximum(1, of)) * (1 - chance) / np.maximum(1, of))
        found = (sizes > 0) & (chance < MOST_BY_CHANCE) & (shares > chance + np.maximum(LEAST, beyond))
        if not found.any():
            return None
        (candidates,) = found.nonzero()
        best = int(candidates[np.lexsort((-chance[candidates], -shares[candidates]))[0]])
        other = next(each for each in groups[best] if each != shard)
        return _Copies(int(sizes[found].sum()), other, float(shares[best]), float(chance[best]))

    def _shares(self, number: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Share of the runs of one that stand in each other, and of how many runs that was seen."""
        mine = self._samples[number]
        first = np.searchsorted(self._keys, mine.keys)
        owners = np.searchsorted(self._keys, mine.keys, "right") - first
        owners[owners > MOST_OWNERS] = 0  # what very many have tells nothing of copies
        at = np.repeat(first - (owners.cumsum() - owners), owners) + np.arange(int(owners.sum()))
        others, place = self._owners[at], np.repeat(np.arange(len(owners)), owners)
        known = mine.keys[place] <= self._limits[others]
        common = np.bincount(others[known], mine.counts[place[known]], len(self._limits))
        seen = np.searchsorted(mine.keys, np.minimum(self._limits, np.uint64(mine.limit)), "right")
        of = np.concatenate([[0], mine.counts.cumsum(dtype=np.int64)])[seen]
        return common / np.maximum(1, of), of


def _copied(one: str, copies: _Copies, summaries: Mapping[str, Summary]) -> Issue:
    here, there = (summaries[shard].runs for shard in (one, copies.shard))
    limit = min(here.limit, there.limit)
    common = [key for key in here.smallest if key in there.smallest and key <= limit]
    first = min(common, key=lambda key: here.smallest[key][1:])
    at, place = here.smallest[first][1:], there.smallest[first][1:]
    more = f", and some in {counted(copies.others - 1, 'other shard')}" if copies.others > 1 else ""
    message = (
        f"About {percent(round(copies.shared, 3))} of its runs of steps stand in {copies.shard} too{more}; by chance"
        f" {percent(round(copies.chance, 3))} would (threshold {percent(LEAST)} beyond). One begins at {list(at)},"
        f" there at {list(place)}."
    )
    fix = "Remove one of the two; between training and evaluation it is a leak."
    measured = copies.shared - copies.chance
    return Issue(DUPLICATES, "warning", message, measured, LEAST, None, "runs", len(common), (at,), fix)


def unshared_states(states: Mapping[str, HashSample]) -> Iterator[tuple[str, Issue]]:
    """Find shards that share no state with the others, if the others share states."""
    samples = {shard: sample for shard, sample in states.items() if len(sample.keys) >= FEW}
    limit = np.uint64(min((sample.limit for sample in samples.values()), default=0))
    known = {shard: keys for shard, each in samples.items() if len(keys := each.keys[each.keys <= limit])}
    if len(known) <= 2:
        return
    keys, owners = np.unique(np.concatenate([*known.values()]), return_counts=True)
    shares = {shard: float((owners[np.searchsorted(keys, of)] > 1).mean()) for shard, of in known.items()}
    usual = float(np.median([*shares.values()]))
    for shard, share in shares.items():
        if share == 0 and usual > USUAL:
            message = (
                f"None of its states stands in another shard; of the others' states {percent(round(usual, 3))} do"
                f" (half of the shards; threshold {percent(USUAL)})."
            )
            fix = "Check that it is of the same world, and that observations are scaled as elsewhere."
            yield shard, Issue(UNSHARED_STATES, "warning", message, 0.0, usual, None, "states", fix=fix)
