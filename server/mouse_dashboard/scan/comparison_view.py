"""The comparison of two saved scans, as the page shows it."""

from collections.abc import Iterable, Mapping
from math import isnan

from mouse_dashboard.scan.compare import Change, compare
from mouse_dashboard.scan.models import IssueChange, ScanChange, ScanComparison
from mouse_dashboard.scan.saved import SavedScan

MOST = 50


def scan_comparison(scan: SavedScan, other: SavedScan, other_id: str) -> ScanComparison:
    """Compare a scan with another one."""
    found, ranks = compare(scan.numbers(), other.numbers()), scan.ranks
    rises = [change for change in found.shards if change.rise > 0]
    return ScanComparison(
        other=other_id,
        common_shards=found.common_shards,
        losses=_changes(found.losses, {}),
        shards=_changes(rises[:MOST], ranks),
        classes=_changes([change for change in found.classes if change.rise > 0][:MOST], {}),
        rose=len({change.name[0] for change in rises}),
        fell=len({change.name[0] for change in found.shards if change.rise < 0}),
        new=_issues(found.new, ranks),
        new_count=len(found.new),
        gone=_issues(found.gone, ranks),
        gone_count=len(found.gone),
    )


def _changes(changes: Iterable[Change], ranks: Mapping[str, int]) -> list[ScanChange]:
    return [
        ScanChange(
            name=[*change.name], before=_known(change.before), now=_known(change.now), rank=ranks.get(change.name[0])
        )
        for change in changes
    ]


def _known(mean: float) -> float | None:
    return None if isnan(mean) else mean


def _issues(issues: list[tuple[str, str, str, str]], ranks: Mapping[str, int]) -> list[IssueChange]:
    return [
        IssueChange(shard=shard, check=check, quantity=quantity, message=message, rank=ranks.get(shard))
        for shard, check, quantity, message in issues[:MOST]
    ]
