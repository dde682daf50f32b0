"""Rules that could not run: in how many shards, and what they need."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mouse.wording import counted
from mouse_dashboard.scan.summary import Summary

NEEDS = 3
"""That are told of one rule."""
RuleAndPart = tuple[str, str]
"""Id of a rule, and what it is about; empty where it is the whole rule."""


@dataclass(frozen=True)
class Unchecked:
    """A rule, or a part of one, that could not run on some shards."""

    rule: str
    part: str
    """What it could not look at; empty where it could not run."""
    shards: int
    """In how many, of which no block could be looked at."""
    of: int
    """Shards that could be read."""
    needs: tuple[str, ...]
    """What is missing, in most shards first."""
    more: int
    """Needs that are left out."""

    @property
    def needs_text(self) -> str:
        """Text of what is missing."""
        more = f"; and {counted(self.more, 'other need')}" if self.more else ""
        return f"{'; '.join(self.needs)}{more}"


@dataclass
class UncheckedShards:
    """Counts unchecked rules over shards."""

    of: int = 0
    shards: Counter[RuleAndPart] = field(default_factory=Counter[RuleAndPart])
    needs: Counter[tuple[RuleAndPart, str]] = field(default_factory=Counter[tuple[RuleAndPart, str]])

    def add(self, summary: Summary) -> None:
        """Add a shard."""
        self.of += 1
        for key, needs in _unseen(summary):
            self.shards[key] += 1
            self.needs.update((key, each) for each in needs)

    def all(self) -> tuple[Unchecked, ...]:
        """All unchecked rules; those that ran on some shards come first."""
        needs: dict[RuleAndPart, list[str]] = {}
        for (key, each), _count in sorted(self.needs.items(), key=lambda item: (-item[1], item[0])):
            needs.setdefault(key, []).append(each)
        found = (
            Unchecked(*key, shards, self.of, tuple(needs[key][:NEEDS]), len(needs[key][NEEDS:]))
            for key, shards in self.shards.items()
        )
        return tuple(sorted(found, key=lambda each: (each.shards == self.of, each.rule, each.part)))


def _unseen(summary: Summary) -> Iterator[tuple[RuleAndPart, list[str]]]:
    """Rules that ran on no block of a shard, and why."""
    for key, reasons in summary.not_checked.items():
        rule, _, part = key.partition("\n")
        if sum(reasons.values()) >= summary.checked.get(rule, 0) if part else rule not in summary.checked:
            yield (rule, part), [*reasons]
