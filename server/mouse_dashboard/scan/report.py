"""The report of a scan: issues of each shard, issues common to most, and the merged numbers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mouse.diagnosis.finding import SEVERITIES, Severity
from mouse.wording import counted, listed
from mouse_dashboard.scan.deviations import Deviations, deviations
from mouse_dashboard.scan.drift import drift
from mouse_dashboard.scan.issue import Issue, issue_of, worst_first
from mouse_dashboard.scan.overlap import duplicates, unshared_states
from mouse_dashboard.scan.overview import Results, Summaries, merged, overview_of
from mouse_dashboard.scan.shard import Kinds
from mouse_dashboard.scan.summary import Summary, Worst
from mouse_dashboard.scan.task import TaskResult
from mouse_dashboard.scan.unchecked import Unchecked

UNREADABLE = "shard-unreadable"
UNFIT = "shard-does-not-fit"
FIELDS = "shard-fields"
COMMON = 0.5
"""Share of the shards from which on an issue is the data set's and no shard's."""


@dataclass(frozen=True)
class ShardReport:
    """One shard; its numbers are in the scan's summaries."""

    address: str
    sequences: int
    steps: int
    scanned: bool
    """Whether there is a summary of it."""
    issues: tuple[Issue, ...]
    """Of this shard and not of most, the worst first."""
    notes: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, ...]:
        """Sort key: the shard with the most issues first."""
        return tuple(-sum(issue.severity == severity for issue in self.issues) for severity in SEVERITIES)


class CommonIssue(NamedTuple):
    """An issue that most shards have."""

    issue: Issue
    """Of the shard where it is the worst."""
    shards: tuple[str, ...]


@dataclass(frozen=True)
class ScanReport:
    """All shards."""

    shards: tuple[ShardReport, ...]
    """The one with the most that is wrong first."""
    common: tuple[CommonIssue, ...]
    missing: int
    """Tasks that are not done: the scan is partial."""
    deviations: Deviations
    """How far each shard is from all others."""
    whole: Summary
    """Numbers of all shards together; its addresses are of no shard, `worst` has them."""
    worst: tuple[Worst, ...]
    """The worst places of each loss."""
    not_checked: tuple[Unchecked, ...]
    """What rules could not look at in some shard or in any."""
    summaries: Mapping[str, Summary] = field(compare=False)
    """Of each shard that was scanned: read and merged when it is asked for."""

    def at_least(self, severity: Severity) -> bool:
        """Whether any issue has this severity or a worse one."""
        bad = SEVERITIES[: SEVERITIES.index(severity) + 1]
        issues = [issue for shard in self.shards for issue in shard.issues] + [each.issue for each in self.common]
        return any(issue.severity in bad for issue in issues)


def report_of(results: Results, missing: int = 0) -> ScanReport:
    """Merge the results of each shard's tasks, and compare the shards with each other.

    Results are read shard by shard, several times, and not held in memory: `results` may read them from disk.
    """
    overview = overview_of(results)
    summaries, whole = Summaries(results, [*overview.episodes]), overview.whole
    compared = defaultdict[str, list[Issue]](list)
    distances = deviations(summaries, whole, sum(overview.episodes.values()))
    for found in (
        drift(summaries, whole, distances),
        duplicates(overview.runs, summaries),
        unshared_states(overview.states),
        _other_fields(overview.kinds),
    ):
        for shard, issue in found:
            compared[shard].append(issue)
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for shard in summaries:
        for key in dict.fromkeys([issue.key for issue in compared[shard]] + overview.found[shard]):
            owners[key].append(shard)
    usual = {key: of for key, of in owners.items() if len(summaries) > 1 and len(of) > COMMON * len(summaries)}
    worst: dict[tuple[str, str], Issue] = {}
    shards: list[ShardReport] = []
    for shard, of in results.items():
        summary = merged(of) if shard in summaries else Summary()
        own = [*_own_issues(of, summary, overview.failed.get(shard)), *compared[shard]]
        for issue in own:
            if issue.key in usual:
                worst[issue.key] = worst_first([worst[issue.key], issue])[0] if issue.key in worst else issue
        shards.append(
            ShardReport(
                shard,
                summary.sequences,
                summary.steps,
                bool(summary.blocks),
                worst_first(issue for issue in own if issue.key not in usual),
                tuple(dict.fromkeys(note for each in of for note in each.notes)),
            )
        )
    return ScanReport(
        tuple(sorted(shards, key=lambda each: (each.rank, each.address))),
        tuple(CommonIssue(issue, tuple(usual[issue.key])) for issue in worst_first(worst.values())),
        missing,
        distances,
        whole,
        tuple(each for loss in sorted(overview.worst) for each in overview.worst[loss]),
        overview.unchecked.all(),
        summaries,
    )


def _own_issues(results: Sequence[TaskResult], summary: Summary, failed: TaskResult | None) -> Iterator[Issue]:
    """Issues of a shard that do not depend on other shards."""
    if failed is not None:
        yield Issue(UNREADABLE if failed.fits else UNFIT, "error", failed.error or "")
        return
    yield from (issue_of(finding, summary.blocks) for finding in summary.findings.values())
    yield from _doubts(results)


def _doubts(results: Sequence[TaskResult]) -> Iterator[Issue]:
    """Doubts about the file: if several chunks raise the same one, the first sentence."""
    by_kind = defaultdict[str, list[str]](list)
    for kind, message in sorted({doubt for result in results for doubt in result.doubts}):
        by_kind[kind].append(message)
    for kind, (message, *others) in by_kind.items():
        count = counted(len(others), "more doubt")
        more = f" There {'is' if len(others) == 1 else 'are'} {count} of this kind about other rows." if others else ""
        yield Issue(kind, "warning", message + more)


def _other_fields(of_shards: Mapping[str, Kinds]) -> list[tuple[str, Issue]]:
    """Shards whose fields differ from those of most."""
    kinds = Counter(tuple(sorted(of.items())) for of in of_shards.values())
    if len(kinds) < 2:
        return []
    usual = dict(kinds.most_common(1)[0][0])
    found: list[tuple[str, Issue]] = []
    for shard, of in of_shards.items():
        missing = usual.keys() - of.keys()
        more = of.keys() - usual.keys()
        other = [
            f"{name} is {kind}, elsewhere {usual[name]}" for name, kind in of.items() if usual.get(name, kind) != kind
        ]
        differences = [f"it lacks {listed(missing, '')}"] if missing else []
        differences += [f"it alone has {listed(more, '')}"] if more else []
        if differences := [*differences, *other[:3]]:
            message = f"Its fields differ from those of most shards: {'; '.join(differences)}."
            found.append((shard, Issue(FIELDS, "warning", message, fix="Write all shards in the same way.")))
    return found
