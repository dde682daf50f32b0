"""An issue of one shard: a finding of the doctor, or something that only the comparison of shards shows."""

from collections.abc import Iterable
from dataclasses import dataclass

from mouse.diagnosis import RULES
from mouse.diagnosis.finding import SEVERITIES, Severity
from mouse_dashboard.scan.summary import Address, ShardFinding

LOSS = ".loss"
"""End of the name of a quantity that is a loss."""


@dataclass(frozen=True)
class Issue:
    """One issue of a shard."""

    check: str
    """A rule of the doctor, or a check across shards."""
    severity: Severity
    message: str
    measured: float | None = None
    threshold: float | None = None
    p: float | None = None
    """Of a test: the probability of such a difference by chance."""
    quantity: str = ""
    """What was compared; of a rule, its loss."""
    count: int = 0
    places: tuple[Address, ...] = ()
    fix: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The key that equal issues of several shards share."""
        return self.check, self.quantity


def issue_of(finding: ShardFinding, blocks: int) -> Issue:
    """Convert a doctor finding; `blocks` is the number of blocks."""
    part = f" In {finding.blocks:,} of {blocks:,} blocks; this is the block with the most." if blocks > 1 else ""
    return Issue(
        finding.rule,
        finding.severity,
        finding.message + part,
        finding.measured,
        finding.threshold,
        None,
        finding.loss or finding.field or "",
        finding.count,
        finding.places,
        finding.fix,
    )


def worst_first(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """By severity, causes before what follows from them, then by excess over the threshold."""
    return tuple(
        sorted(
            issues,
            key=lambda each: (
                SEVERITIES.index(each.severity),
                _consequence(each),
                -_excess(each),
                each.key,
            ),
        )
    )


def _consequence(issue: Issue) -> int:
    """Causal rank: returns follow from rewards and lengths, and losses from all of them."""
    of_loss = issue.check in RULES and any(need.of_loss for need in RULES[issue.check].needs)
    if of_loss or issue.quantity.endswith(LOSS):
        return 2
    return int(issue.quantity in ("episode_return", "reward_other_than_0"))


def _excess(issue: Issue) -> float:
    if issue.measured is None or not issue.threshold:
        return 0.0
    return issue.measured / issue.threshold
