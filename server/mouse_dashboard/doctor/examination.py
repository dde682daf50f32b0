"""The doctor on a stored batch: what it found once is kept."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mouse.diagnosis import RULES, Report, Rule, Thresholds, case
from mouse.diagnosis.doctor import report_on
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.case import Batch, Case
from mouse_dashboard.kept import Kept, Key
from mouse_dashboard.stage_one import stage_one
from mouse_dashboard.work import Ticket

SIZE = 50_000
"""Bytes that a kept report takes beside its masks, roughly."""


class StoredCase(case.Case):
    """A stored batch under examination; shares stage 1 with the evaluations."""

    def __init__(self, batch: Batch, configs: Mapping[str, LossConfig], kept: Kept, ticket: Ticket) -> None:
        super().__init__(*batch.part(slice(None)), configs, Thresholds())
        self._batch = batch
        self._kept = kept
        self._ticket = ticket

    def inputs(self, loss: AnyLoss, cfg: LossConfig) -> Any:
        """Stage 1 as it is kept; a batch that is evaluated in blocks is examined in one piece nevertheless."""
        blocks = stage_one(Case(self._batch, loss, cfg), self._kept, self._ticket).blocks
        return blocks[0] if len(blocks) == 1 else super().inputs(loss, cfg)


def examination(
    batch: Batch, configs: Mapping[str, LossConfig], kept: Kept, ticket: Ticket, rule: str | None = None
) -> Report:
    """All rules on a batch, or one of them.

    Raises:
        ApiError: time is up.
    """
    key = Key(batch.id, "", "doctor", (tuple(configs.items()), rule))
    report: Report | None = kept.get(key)
    if report is None:
        rules = RULES.values() if rule is None else (RULES[rule],)
        report = report_on(StoredCase(batch, configs, kept, ticket), _while_wanted(rules, ticket))
        masks = (finding.mask for finding in report if finding.mask is not None)
        kept.put(key, report, SIZE + sum(mask.nbytes for mask in masks))
    return report


def _while_wanted(rules: Iterable[Rule], ticket: Ticket) -> Iterator[Rule]:
    for rule in rules:
        ticket.check()
        yield rule
