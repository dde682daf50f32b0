"""Mergeable summaries of some sequences of a shard; the merge order is irrelevant."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import nan
from typing import NamedTuple, TypeVar

from mouse.diagnosis.finding import SEVERITIES, Severity
from mouse.losses.term import Unit
from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.exact_sum import as_float
from mouse_dashboard.scan.fingerprint import Sketch

WORST = 20
"""Transitions that are kept of each loss."""
PLACES = 100
"""Addresses that are kept of a finding."""
Value = TypeVar("Value")
Address = tuple[int, ...]
"""Sequence and step in the shard, and further indices of an entry."""


@dataclass(frozen=True)
class ClassTotal:
    """Totals of one class under one loss."""

    count: int
    """Places whose loss is finite."""
    total: int
    """Sum of their loss, as `exact_sum` counts it."""
    non_finite: int
    divisor: int
    """What the mean divides the sum by."""

    def merge(self, other: "ClassTotal") -> "ClassTotal":
        """Both together."""
        return ClassTotal(
            self.count + other.count,
            self.total + other.total,
            self.non_finite + other.non_finite,
            self.divisor + other.divisor,
        )

    @property
    def sum(self) -> float:
        """Sum of the loss."""
        return as_float(self.total)

    @property
    def mean(self) -> float | None:
        """Mean of the loss as training divides it; None where nothing counts."""
        return self.sum / self.divisor if self.divisor else None


@dataclass(frozen=True)
class WorstPlace:
    """A transition or step with a large loss."""

    value: float
    row: int
    step: int
    file_row: int | None
    """Row of the file, where the file holds rows."""


class Worst(NamedTuple):
    """One of the worst places of the scan."""

    loss: str
    address: str
    place: WorstPlace


@dataclass(frozen=True)
class ShardFinding:
    """Merged findings of a rule in the blocks of a shard."""

    rule: str
    severity: Severity
    loss: str | None
    field: str | None
    blocks: int
    """In how many blocks it was found."""
    count: int
    """How many places there are."""
    unit: Unit | None
    places: tuple[Address, ...]
    """The first of them."""
    message: str
    """Of the block with the most places."""
    measured: float | None
    threshold: float | None
    fix: str
    block_count: int
    """Places of that block."""
    block_row: int
    """First sequence of that block."""

    @property
    def key(self) -> str:
        """The key that equal findings of several blocks share."""
        return " ".join((self.rule, self.loss or "-", self.field or "-"))

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sort key: the finding whose message is kept first."""
        return SEVERITIES.index(self.severity), -self.block_count, self.block_row

    def merge(self, other: "ShardFinding") -> "ShardFinding":
        """Merge two findings; the worse one keeps its message."""
        first = min(self, other, key=lambda each: each.rank)
        return replace(
            first,
            blocks=self.blocks + other.blocks,
            count=self.count + other.count,
            places=tuple(sorted((*self.places, *other.places))[:PLACES]),
        )


@dataclass(frozen=True)
class MetricTotal:
    """A metric that training would log of each block as its batch, averaged over blocks by their places."""

    total: int
    """Sum of metric times places, as `exact_sum` counts it."""
    places: int
    """Of the blocks where it is finite."""

    def merge(self, other: "MetricTotal") -> "MetricTotal":
        """Both together."""
        return MetricTotal(self.total + other.total, self.places + other.places)

    @property
    def mean(self) -> float:
        """Over all blocks; NaN where it is finite in none."""
        return as_float(self.total) / self.places if self.places else nan


@dataclass(frozen=True)
class SweepPoint:
    """Losses, metrics and findings at a point of a sweep."""

    losses: dict[str, Distribution]
    metrics: dict[str, MetricTotal]
    """By loss and metric, with a dot between them."""
    findings: dict[str, int]
    """In how many blocks each rule over losses warned."""

    def merge(self, other: "SweepPoint") -> "SweepPoint":
        """Both together."""
        return SweepPoint(
            merged(self.losses, other.losses, Distribution.merge),
            merged(self.metrics, other.metrics, MetricTotal.merge),
            add_counts(self.findings, other.findings),
        )


@dataclass(frozen=True)
class Summary:
    """The summary of some sequences."""

    sequences: int = 0
    steps: int = 0
    blocks: int = 0
    distributions: dict[str, Distribution] = field(default_factory=dict[str, Distribution])
    """Numbers by their kind: reward, episode_length, dqn.loss."""
    counts: dict[str, dict[int, int]] = field(default_factory=dict[str, dict[int, int]])
    """How often each code of a field occurs."""
    classes: dict[str, ClassTotal] = field(default_factory=dict[str, ClassTotal])
    """By loss, grouping and label, with a line break between them."""
    worst: dict[str, tuple[WorstPlace, ...]] = field(default_factory=dict[str, tuple[WorstPlace, ...]])
    """By loss."""
    findings: dict[str, ShardFinding] = field(default_factory=dict[str, ShardFinding])
    checked: dict[str, int] = field(default_factory=dict[str, int])
    """In how many blocks each rule ran."""
    not_checked: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    """What each rule, or a part of one, needed where it could not look, and in how many blocks.

    By rule and part, with a line break between them; without one for a whole rule.
    """
    not_computed: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    """Why each loss was not, and in how many blocks."""
    sweep: dict[str, SweepPoint] = field(default_factory=dict[str, SweepPoint])
    """By what is set, such as ``dqn.gamma=0.9``."""
    states: Sketch = field(default_factory=Sketch)
    runs: Sketch = field(default_factory=Sketch)

    def merge(self, other: "Summary") -> "Summary":
        """Both together."""
        return Summary(
            self.sequences + other.sequences,
            self.steps + other.steps,
            self.blocks + other.blocks,
            merged(self.distributions, other.distributions, Distribution.merge),
            merged(self.counts, other.counts, add_counts),
            merged(self.classes, other.classes, ClassTotal.merge),
            merged(self.worst, other.worst, lambda one, two: worst_of((*one, *two))),
            merged(self.findings, other.findings, ShardFinding.merge),
            add_counts(self.checked, other.checked),
            merged(self.not_checked, other.not_checked, add_counts),
            merged(self.not_computed, other.not_computed, add_counts),
            merged(self.sweep, other.sweep, SweepPoint.merge),
            self.states.merge(other.states),
            self.runs.merge(other.runs),
        )


def worst_of(places: Iterable[WorstPlace]) -> tuple[WorstPlace, ...]:
    """The largest places; the first in the shard on ties."""
    return tuple(sorted(places, key=lambda each: (-each.value, each.row, each.step))[:WORST])


Key = TypeVar("Key", int, str)


def add_counts(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    """Add two counters."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}


def merged(
    one: Mapping[str, Value], other: Mapping[str, Value], merge: Callable[[Value, Value], Value]
) -> dict[str, Value]:
    """Merge two mappings: merge values of common keys, keep the others."""
    return {
        key: merge(one[key], other[key]) if key in one and key in other else one[key] if key in one else other[key]
        for key in sorted({*one, *other})
    }
