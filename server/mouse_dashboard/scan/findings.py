"""Merge the rules' findings on the blocks of a shard, with places as addresses in the shard."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from torch import Tensor

from mouse.diagnosis import Finding, Report
from mouse.losses.term import Unit
from mouse_dashboard.scan.summary import PLACES, Address, ShardFinding


class Located(NamedTuple):
    """A report on part of a shard."""

    report: Report
    start: int
    """What its sequences count from."""
    places: Tensor | None = None
    """Of rows that were put together: where each stands in the windows of the chunk, as `Stream.views` says."""
    window: int = 0
    """Steps of these windows."""

    def address(self, place: tuple[int, ...], unit: Unit | None) -> Address:
        """Where a place of the report is in the shard; a transition, where the row is that it leads to."""
        row, step, *entry = place
        if self.places is None:
            return row + self.start, step, *entry
        leads = int(unit == "transition")
        row, step = divmod(int(self.places[row, step + leads]) - leads, self.window)
        return row + self.start, step, *entry


def findings_of(reports: Iterable[Located], block_row: int) -> dict[str, ShardFinding]:
    """All findings, merged over blocks by rule and subject."""
    found: dict[str, ShardFinding] = {}
    for located in reports:
        for finding in located.report:
            made = _shard_finding(finding, located, block_row)
            found[made.key] = made if made.key not in found else _within_block(found[made.key], made)
    return dict(sorted(found.items()))


def counts_of_rules(reports: Sequence[Located]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """The rules that ran on the block, and what others, or parts of these, needed."""
    checked = {rule: 1 for located in reports for rule in located.report.checked}
    skipped = {
        each.rule: {each.needs: 1}
        for located in reports
        for each in located.report.not_checked
        if each.rule not in checked
    }
    ran = Counter(rule for located in reports for rule in located.report.checked)
    in_part = [each for located in reports for each in located.report.partly_checked]
    unseen = Counter((each.rule, each.part) for each in in_part)
    skipped |= {
        f"{each.rule}\n{each.part}": {each.needs: 1}
        for each in in_part
        if unseen[each.rule, each.part] == ran[each.rule]
    }
    return dict(sorted(checked.items())), dict(sorted(skipped.items()))


def _within_block(one: ShardFinding, other: ShardFinding) -> ShardFinding:
    """Merge two findings of one rule in one block."""
    return replace(one.merge(other), blocks=1)


def _shard_finding(finding: Finding, located: Located, block_row: int) -> ShardFinding:
    return ShardFinding(
        rule=finding.rule,
        severity=finding.severity,
        loss=finding.loss,
        field=finding.field,
        blocks=1,
        count=finding.count,
        unit=finding.unit,
        places=tuple(located.address(place, finding.unit) for place in finding.places[:PLACES]),
        message=finding.message,
        measured=finding.measured,
        threshold=finding.threshold,
        fix=finding.fix,
        block_count=finding.count,
        block_row=block_row,
    )
