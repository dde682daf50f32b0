"""What rules said of the blocks of a shard, with the addresses that its places have in the shard."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from mouse.diagnosis import Finding, Report
from mouse_dashboard.scan.summary import PLACES, Address, ShardFinding


class Located(NamedTuple):
    """A report on some of a shard."""

    report: Report
    start: int
    """First sequence of it; of a stream, its first row."""
    window: int | None = None
    """Steps of the windows that a stream is cut into; None where it was sequences that were examined."""

    def address(self, place: tuple[int, ...]) -> Address:
        """Where a place of the report is in the shard."""
        row, step, *entry = place
        if self.window is None:
            return row + self.start, step, *entry
        return *divmod(self.start + step, self.window), *entry


def findings_of(reports: Iterable[Located], block_row: int) -> dict[str, ShardFinding]:
    """All findings, by what those of several blocks have in common."""
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
    skipped |= {
        f"{each.rule}\n{each.part}": {each.needs: 1} for located in reports for each in located.report.partly_checked
    }
    return dict(sorted(checked.items())), dict(sorted(skipped.items()))


def _within_block(one: ShardFinding, other: ShardFinding) -> ShardFinding:
    """Two findings of one rule in one block are one in it."""
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
        places=tuple(map(located.address, finding.places[:PLACES])),
        message=finding.message,
        measured=finding.measured,
        threshold=finding.threshold,
        fix=finding.fix,
        block_count=finding.count,
        block_row=block_row,
    )
