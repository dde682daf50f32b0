"""The doctor on a stored batch: what it found once is kept."""

from collections.abc import Iterable, Iterator, Mapping

from mouse.diagnosis import RULES, Report, Rule, Thresholds
from mouse.diagnosis.case import Case
from mouse.diagnosis.doctor import report_on
from mouse.losses.config import LossConfig
from server.case import Batch
from server.kept import Kept, Key
from server.work import Ticket

SIZE = 50_000
"""Bytes that a kept report takes beside its masks, roughly."""


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
        whole = batch.part(slice(None))
        report = report_on(Case(*whole, configs, Thresholds()), _while_wanted(rules, ticket))
        masks = (finding.mask for finding in report if finding.mask is not None)
        kept.put(key, report, SIZE + sum(mask.nbytes for mask in masks))
    return report


def _while_wanted(rules: Iterable[Rule], ticket: Ticket) -> Iterator[Rule]:
    for rule in rules:
        ticket.check()
        yield rule
