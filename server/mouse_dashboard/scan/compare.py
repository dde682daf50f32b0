"""Compare two scans: another checkpoint on the same data, or other data under the same checkpoint."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from math import isfinite, nan
from typing import NamedTuple

from mouse_dashboard.scan.issue import LOSS, Issue
from mouse_dashboard.scan.report import ScanReport


class ScanNumbers(NamedTuple):
    """The numbers of a scan that are compared."""

    means: Mapping[tuple[str, str], float]
    """Mean of each loss of each shard, and of all under an empty name."""
    classes: Mapping[tuple[str, str, str], float]
    """Mean of each loss over each class, by loss, grouping and label."""
    issues: Mapping[tuple[str, str, str], str]
    """Messages by shard, check and quantity."""


@dataclass(frozen=True)
class Change:
    """A mean before and now; NaN if missing."""

    name: tuple[str, ...]
    """Loss, or shard and loss, or loss, grouping and label."""
    before: float
    now: float

    @property
    def rise(self) -> float:
        """Relative increase; NaN if one of the two is missing."""
        return (self.now - self.before) / (abs(self.before) or 1)


class Comparison(NamedTuple):
    """The changes from one scan to another."""

    losses: list[Change]
    shards: list[Change]
    """Of shards that both have: the largest rise first."""
    classes: list[Change]
    """Of classes that both have: the largest rise first."""
    new: list[tuple[str, str, str, str]]
    """Shard, check, quantity and message of what is wrong now and was not."""
    gone: list[tuple[str, str, str, str]]
    """The same of what was wrong and is not now."""
    common_shards: int
    """Shards that both have."""


def compare(now: ScanNumbers, before: ScanNumbers) -> Comparison:
    """Compare two scans."""
    shards = {shard for shard, _loss in now.means} & {shard for shard, _loss in before.means} - {""}
    losses = sorted({loss for scan in (now, before) for shard, loss in scan.means if not shard})
    return Comparison(
        [Change((loss,), before.means.get(("", loss), nan), now.means.get(("", loss), nan)) for loss in losses],
        _rises(
            Change(key, before.means[key], now.means[key]) for key in now.means.keys() & before.means.keys() if key[0]
        ),
        _rises(
            Change(key, before.classes[key], now.classes[key]) for key in now.classes.keys() & before.classes.keys()
        ),
        [(*key, now.issues[key]) for key in sorted(now.issues.keys() - before.issues.keys())],
        [(*key, before.issues[key]) for key in sorted(before.issues.keys() - now.issues.keys())],
        len(shards),
    )


def numbers_of(report: ScanReport) -> ScanNumbers:
    """Take the compared numbers from a scan that just ran."""
    parts = chain(report.summaries.items(), [("", report.whole)])
    means = {
        (shard, name.removesuffix(LOSS)): found.mean
        for shard, summary in parts
        for name, found in summary.distributions.items()
        if name.endswith(LOSS)
    }
    classes = {key: mean for key, found in report.whole.classes.items() if (mean := found.mean) is not None}
    issues = [(each.address, issue) for each in report.shards for issue in each.issues]
    issues += [(shard, each.issue) for each in report.common for shard in each.shards]
    return ScanNumbers(means, {_class_name(key): mean for key, mean in classes.items()}, dict(_messages(issues)))


def _class_name(key: str) -> tuple[str, str, str]:
    loss, grouping, label = key.split("\n")
    return loss, grouping, label


def _messages(issues: Iterable[tuple[str, Issue]]) -> Iterator[tuple[tuple[str, str, str], str]]:
    for shard, issue in issues:
        yield (shard, *issue.key), issue.message


def _rises(changes: Iterable[Change]) -> list[Change]:
    known = [change for change in changes if isfinite(change.rise) and change.now != change.before]
    return sorted(known, key=lambda each: (-each.rise, each.name))
