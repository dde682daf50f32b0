"""A first pass over all results: keeps little per shard, and the merged numbers of all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from mouse_dashboard.scan.deviations import independent_counts
from mouse_dashboard.scan.fingerprint import Sketch
from mouse_dashboard.scan.overlap import HashSample
from mouse_dashboard.scan.shard import Kinds
from mouse_dashboard.scan.summary import WORST, Summary, Worst
from mouse_dashboard.scan.task import TaskResult
from mouse_dashboard.scan.unchecked import UncheckedShards

Results = Mapping[str, Sequence[TaskResult]]
"""Of the tasks of each shard."""


@dataclass
class Overview:
    """Merged numbers of all shards."""

    failed: dict[str, TaskResult] = field(default_factory=dict[str, TaskResult])
    """Shards without a summary: the first result that has an error."""
    whole: Summary = field(default_factory=Summary)
    """All summaries together, without the sketches."""
    episodes: dict[str, int] = field(default_factory=dict[str, int])
    """By shard that has a summary."""
    found: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])
    """Keys of the issues that each has without any other."""
    kinds: dict[str, Kinds] = field(default_factory=dict[str, Kinds])
    states: dict[str, HashSample] = field(default_factory=dict[str, HashSample])
    runs: dict[str, HashSample] = field(default_factory=dict[str, HashSample])
    worst: dict[str, list[Worst]] = field(default_factory=dict[str, list[Worst]])
    """The worst places by loss."""
    unchecked: UncheckedShards = field(default_factory=UncheckedShards)

    def add(self, shard: str, summary: Summary, results: Sequence[TaskResult]) -> None:
        """Add a shard: its summary, and the results that it was merged from."""
        self.whole = self.whole.merge(replace(summary, states=Sketch(), runs=Sketch()))
        self.episodes[shard] = independent_counts(summary)
        self.kinds[shard] = results[0].kinds
        self.unchecked.add(summary)
        findings = [(each.rule, each.loss or each.field or "") for each in summary.findings.values()]
        doubts = sorted({kind for result in results for kind, _message in result.doubts})
        self.found[shard] = findings + [(kind, "") for kind in doubts]
        self.states[shard] = HashSample.of(summary.states)
        self.runs[shard] = HashSample.of(summary.runs)
        for loss, places in summary.worst.items():
            of_loss = [*self.worst.get(loss, ()), *(Worst(loss, shard, place) for place in places)]
            of_loss.sort(key=lambda each: (-each.place.value, each.address, each.place.row, each.place.step))
            self.worst[loss] = of_loss[:WORST]


def overview_of(results: Results) -> Overview:
    """Read the results of all shards one by one."""
    overview = Overview()
    for shard, of in results.items():
        failed = next((each for each in of if each.error is not None), None)
        if failed is None:
            overview.add(shard, merged(of), of)
        else:
            overview.failed[shard] = failed
    return overview


def merged(results: Sequence[TaskResult]) -> Summary:
    """Merge the summaries of a shard's tasks."""
    return reduce(Summary.merge, (each.summary for each in results), Summary())


class Summaries(Mapping[str, Summary]):
    """Lazy mapping of shard summaries: all of them would exhaust the memory."""

    def __init__(self, results: Results, shards: Sequence[str]) -> None:
        self._results, self._shards = results, dict.fromkeys(shards)

    def __getitem__(self, shard: str) -> Summary:
        if shard not in self._shards:
            raise KeyError(shard)
        return merged(self._results[shard])

    def __iter__(self) -> Iterator[str]:
        return iter(self._shards)

    def __len__(self) -> int:
        return len(self._shards)

    def __contains__(self, shard: object) -> bool:
        return shard in self._shards
