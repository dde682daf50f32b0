"""Bottom-k hashes of states and of runs of steps, which estimate the overlap of two shards.

The k smallest hashes of a set are a random sample of it, and of two sets that overlap they are the same ones (bottom-k
sketches, Cohen and Kaplan 2007; shingles, Broder 1997). They merge in any order. Floats are rounded to `KEPT_BITS` bits
first: steps that were stored as float32 and as float64 are the same.
"""

from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import names
from mouse.mapping.names import SEQUENCES, STEPS
from mouse.mapping.target import TARGETS

MOST = 1024
"""Hashes that are kept: a share of 1 % in common shows in about ten of them."""
LENGTH = 32
"""Steps of a run at most: fewer recur by chance, in small worlds above all."""
SHORTEST = 8
"""Steps of a run at least; sequences that are shorter have none."""
DROPPED_BITS = 13
"""Of the 23 bits of a float32's mantissa."""
MOST_NUMBERS = 64
"""Numbers of a field, such as an image, that are looked at in each step."""
COUNTERS = frozenset({*SEQUENCES, *STEPS, "time", "index", "frame_index", "episode_index", "timestamp", "task_index"})
"""What numbers the rows of a file tells nothing of what happened."""
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
HALF = np.uint64(32)
Hashes = NDArray[np.uint64]
Place = tuple[int, int, int]
"""How often a hash occurs, and the first sequence and step of it."""


@dataclass(frozen=True)
class Sketch:
    """The smallest hashes of a set."""

    total: int = 0
    """Of how many, those that are equal counted each."""
    smallest: dict[int, Place] = field(default_factory=dict[int, Place])
    """In order."""

    @classmethod
    def of(cls, hashes: Hashes, row: int = 0) -> "Sketch":
        """Keep the smallest of hashes ``[B, S]`` of the sequences from number `row` on."""
        flat = hashes.ravel()
        bound = np.partition(flat, MOST * 4)[MOST * 4] if len(flat) > MOST * 8 else None
        small = np.arange(len(flat)) if bound is None else (flat <= bound).nonzero()[0]
        found, first, counts = np.unique(flat[small], return_index=True, return_counts=True)
        if bound is not None and len(found) < MOST:  # many are equal
            small = np.arange(len(flat))
            found, first, counts = np.unique(flat, return_index=True, return_counts=True)
        places = zip(found[:MOST].tolist(), counts[:MOST].tolist(), small[first[:MOST]].tolist(), strict=True)
        width = hashes.shape[1] if hashes.ndim == 2 else 1
        return cls(len(flat), {key: (count, row + at // width, at % width) for key, count, at in places})

    def merge(self, other: "Sketch") -> "Sketch":
        """Merge two sketches."""
        one, two = self.smallest, other.smallest
        both = {key: _both(one[key], two[key]) for key in one.keys() & two.keys()}
        keys = sorted(one.keys() | two.keys())[:MOST]
        merged = one | two | both
        return Sketch(self.total + other.total, {key: merged[key] for key in keys})

    @property
    def limit(self) -> int:
        """The largest hash up to which all are known."""
        return next(reversed(self.smallest)) if len(self.smallest) == MOST else (1 << 64) - 1


def sketches(step_stream: TensorDictBase, row: int) -> tuple[Sketch, Sketch]:
    """Hash the states and the runs of steps of some sequences."""
    states = _hashes(step_stream, _states(step_stream))
    if states is None:
        return Sketch(), Sketch()
    happened = [name for name in ("action", "reward", "done") if name in names(step_stream)]
    rest = _hashes(step_stream, happened)
    steps = states if rest is None else _mixed(states + _mixed(rest))
    if steps.shape[1] < SHORTEST:
        return Sketch.of(states, row), Sketch()
    return Sketch.of(states, row), Sketch.of(_mixed(_runs(steps)), row)


def _runs(steps: Hashes) -> Hashes:
    """Hash the runs that begin at each step, of as many steps as a power of two that is no more than all."""
    runs, length, factor = steps, 1, int(MULTIPLIER)
    while 2 * length <= min(LENGTH, steps.shape[1]):
        runs = runs[:, :-length] * np.uint64(factor) + runs[:, length:]
        length, factor = 2 * length, factor * factor % (1 << 64)
    return runs


def _states(step_stream: TensorDictBase) -> list[str]:
    """Fields that show the state: neither what a loss reads nor what numbers the rows, nor the next state again."""
    left_out = {*TARGETS, *COUNTERS}
    return [name for name in sorted(names(step_stream) - left_out) if not name.startswith("next")]


def _hashes(step_stream: TensorDictBase, fields: list[str]) -> Hashes | None:
    found: Hashes | None = None
    for name in fields:
        value = cast("object", step_stream.get(name))
        if not isinstance(value, Tensor) or value.is_complex():
            continue
        numbers = _numbers(value)
        for number in range(numbers.shape[2]):
            found = numbers[:, :, number] + (MULTIPLIER if found is None else (found ^ (found >> HALF)) * MULTIPLIER)
    return None if found is None else _mixed(found)


def _numbers(value: Tensor) -> NDArray[np.uint64]:
    """Numbers of a field as integers, ``[B, S, numbers]``; evenly sampled if there are many."""
    flat = value.flatten(2) if value.dim() > 2 else value.unsqueeze(-1)
    flat = flat[..., :: -(-flat.shape[2] // MOST_NUMBERS)] if flat.shape[2] > MOST_NUMBERS else flat
    if not value.is_floating_point():
        return flat.long().numpy().view(np.uint64)
    rounded = (flat.float().contiguous() + 0.0).numpy().view(np.uint32).astype(np.uint64)
    return (rounded + (1 << (DROPPED_BITS - 1))) >> np.uint64(DROPPED_BITS)


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64: every bit of a number changes half of the bits of its hash."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _both(one: Place, other: Place) -> Place:
    return one[0] + other[0], *min(one[1:], other[1:])
