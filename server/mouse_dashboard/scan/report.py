"""A scan of all shards: what is wrong with each, what is common to all, and the numbers of the whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import NamedTuple

from mouse.diagnosis.finding import SEVERITIES, Severity
from mouse.errors import listed
from mouse_dashboard.scan.drift import drift
from mouse_dashboard.scan.issue import Issue, issue_of, worst_first
from mouse_dashboard.scan.overlap import duplicates, lonely
from mouse_dashboard.scan.summary import WORST, Summary, WorstPlace
from mouse_dashboard.scan.task import TaskResult

UNREADABLE = "shard-unreadable"
UNFIT = "shard-does-not-fit"
FIELDS = "shard-fields"
COMMON = 0.5
"""Share of the shards from which on an issue is the data set's and no shard's."""


@dataclass(frozen=True)
class ShardReport:
    """One shard."""

    address: str
    summary: Summary
    issues: tuple[Issue, ...]
    """Of this shard and not of most, the worst first."""
    notes: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, ...]:
        """The smaller, the more is wrong with it."""
        return tuple(-sum(issue.severity == severity for issue in self.issues) for severity in SEVERITIES)


class CommonIssue(NamedTuple):
    """What most shards have."""

    issue: Issue
    """Of the shard where it is the worst."""
    shards: tuple[str, ...]


class Worst(NamedTuple):
    """One of the worst places of all."""

    loss: str
    address: str
    place: WorstPlace


@dataclass(frozen=True)
class ScanReport:
    """All shards."""

    shards: tuple[ShardReport, ...]
    """The one with the most that is wrong first."""
    common: tuple[CommonIssue, ...]
    missing: int
    """Tasks that are not done: the scan is partial."""

    @property
    def scanned(self) -> tuple[ShardReport, ...]:
        """Shards with a summary."""
        return tuple(shard for shard in self.shards if shard.summary.blocks)

    @cached_property
    def whole(self) -> Summary:
        """Numbers of all shards together; its addresses are of no shard, `worst` has them."""
        return reduce(Summary.merge, (shard.summary for shard in self.scanned), Summary())

    @cached_property
    def worst(self) -> tuple[Worst, ...]:
        """The worst places of each loss."""
        found: list[Worst] = []
        for loss in sorted({name for shard in self.shards for name in shard.summary.worst}):
            places = [
                Worst(loss, shard.address, place)
                for shard in self.shards
                for place in shard.summary.worst.get(loss, ())
            ]
            places.sort(key=lambda each: (-each.place.value, each.address, each.place.row, each.place.step))
            found += places[:WORST]
        return tuple(found)

    def at_least(self, severity: Severity) -> bool:
        """Whether anything is as bad as this, or worse."""
        bad = SEVERITIES[: SEVERITIES.index(severity) + 1]
        issues = [issue for shard in self.shards for issue in shard.issues] + [each.issue for each in self.common]
        return any(issue.severity in bad for issue in issues)


def report_of(results: Mapping[str, Sequence[TaskResult]], missing: int = 0) -> ScanReport:
    """Merge the results of each shard's tasks, and compare the shards with each other."""
    failed = {shard: next((each for each in of if each.error is not None), None) for shard, of in results.items()}
    summaries = {
        shard: reduce(Summary.merge, (each.summary for each in of), Summary())
        for shard, of in results.items()
        if failed[shard] is None
    }
    issues: dict[str, list[Issue]] = {
        shard: [Issue(UNREADABLE if each.fits else UNFIT, "error", each.error or "")] if each else []
        for shard, each in failed.items()
    }
    for shard, summary in summaries.items():
        issues[shard] += [issue_of(finding, summary.blocks) for finding in summary.findings.values()]
        issues[shard] += [Issue(kind, "warning", message) for kind, message in results[shard][0].doubts]
    for check in (drift, duplicates, lonely):
        for shard, issue in check(summaries):
            issues[shard].append(issue)
    for shard, issue in _other_fields({shard: results[shard][0] for shard in summaries}):
        issues[shard].append(issue)
    common = _common(issues, len(summaries))
    shared = {each.issue.key for each in common}
    shards = [
        ShardReport(
            shard,
            summaries.get(shard, Summary()),
            worst_first(issue for issue in issues[shard] if issue.key not in shared),
            tuple(dict.fromkeys(note for each in of for note in each.notes)),
        )
        for shard, of in results.items()
    ]
    return ScanReport(tuple(sorted(shards, key=lambda each: (each.rank, each.address))), common, missing)


def _common(issues: Mapping[str, Sequence[Issue]], count: int) -> tuple[CommonIssue, ...]:
    owners = Counter(
        key for of in issues.values() for key in {issue.key for issue in of} if key[0] not in (UNREADABLE, UNFIT)
    )
    found: dict[tuple[str, str], CommonIssue] = {}
    for key in sorted(key for key, number in owners.items() if count > 1 and number > COMMON * count):
        having = {shard: issue for shard, of in issues.items() for issue in of if issue.key == key}
        found[key] = CommonIssue(worst_first(having.values())[0], tuple(having))
    ordered = worst_first(each.issue for each in found.values())
    return tuple(found[issue.key] for issue in ordered)


def _other_fields(results: Mapping[str, TaskResult]) -> list[tuple[str, Issue]]:
    """Shards whose fields are not those of most."""
    kinds = Counter(tuple(sorted(result.kinds.items())) for result in results.values())
    if len(kinds) < 2:
        return []
    usual = dict(kinds.most_common(1)[0][0])
    found: list[tuple[str, Issue]] = []
    for shard, result in results.items():
        missing = usual.keys() - result.kinds.keys()
        more = result.kinds.keys() - usual.keys()
        other = [
            f"{name} is {kind}, elsewhere {usual[name]}"
            for name, kind in result.kinds.items()
            if usual.get(name, kind) != kind
        ]
        told = [f"it lacks {listed(missing, '')}"] if missing else []
        told += [f"it alone has {listed(more, '')}"] if more else []
        if told := [*told, *other[:3]]:
            message = f"Its fields are not those of most shards: {'; '.join(told)}."
            found.append((shard, Issue(FIELDS, "warning", message, fix="Write all shards in the same way.")))
    return found
