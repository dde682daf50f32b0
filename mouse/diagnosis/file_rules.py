"""Run the rules on order, episodes and alignment on a file before it is cut into windows."""

from collections.abc import Container
from typing import NamedTuple, cast

import torch
from jaxtyping import Int
from tensordict import TensorDict
from torch import Tensor

from mouse.diagnosis.data_rules import data_report
from mouse.diagnosis.finding import Finding, Severity, Unit
from mouse.diagnosis.report import NotChecked, PartlyChecked
from mouse.diagnosis.rules import RULES
from mouse.diagnosis.thresholds import Thresholds
from mouse.mapping.apply import Plan
from mouse.mapping.contiguous_rows import contiguous_rows
from mouse.mapping.rows import Rows

FILE_RULES = (
    "rows-not-in-order",
    "alignment-off-by-one",
    "end-inside-episode",
    "ends-missing",
    "done-merged",
    "episode-too-short",
)
"""Rules that see more in longer sequences, and whose findings are true of windows as well."""
SHOWN = 3
"""Rows that a sentence names."""
MOST = 1000
"""Rows and places that are kept of a finding."""


class FileFinding(NamedTuple):
    """A rule's finding in a file."""

    rule: str
    severity: Severity
    message: str
    measured: float | None
    threshold: float | None
    field: str | None
    fix: str
    explains: tuple[str, ...]
    unit: Unit | None
    """Whether it is about transitions or steps; None where it is about the whole file."""
    rows: tuple[int, ...]
    """Rows of the file; of transitions, the first of the two."""
    places: tuple[tuple[int, int], ...]
    """Sequence and step of them in the batch, where they are in a window."""


class FileReport(NamedTuple):
    """The findings of the rules in a file, and what was checked."""

    findings: tuple[FileFinding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[NotChecked, ...]
    partly_checked: tuple[PartlyChecked, ...]
    unseen: int = 0
    """Rows of the file after the first ones, which were looked at."""

    def only(self, rules: Container[str]) -> "FileReport":
        """The report restricted to some rules."""
        return FileReport(
            tuple(each for each in self.findings if each.rule in rules),
            tuple(each for each in self.checked if each in rules),
            tuple(each for each in self.not_checked if each.rule in rules),
            tuple(each for each in self.partly_checked if each.rule in rules),
            self.unseen,
        )


def examine_file(planned: Plan, thresholds: Thresholds | None = None) -> FileReport | None:
    """Run the rules over order, episodes and alignment on the rows of a file, not on the windows cut out of it.

    None where the windows show as much. Of a long file its first rows are looked at, and the report says so.

    Example:
        >>> mouse.doctor(*planned.batch(), configs, doubts=planned.doubts, file=examine_file(planned))
    """
    whole = contiguous_rows(planned)
    if whole is None:
        return None
    step_stream, rows, of = whole
    none: TensorDict = TensorDict({}, batch_size=step_stream.batch_size)
    rules = [RULES[name] for name in FILE_RULES]
    report = data_report(step_stream, none, rules, thresholds or Thresholds())
    unseen = of - rows.index.numel()
    where = f"In the first {rows.index.numel():,} rows of the file" if unseen else "In the file"
    every = (each for finding in report for each in (finding, *finding.consequences))
    findings = tuple(_of_file(finding, where, rows, planned.rows) for finding in every)
    return FileReport(findings, report.checked, report.not_checked, report.partly_checked, unseen)


def _of_file(finding: Finding, where: str, whole: Rows, batch: Rows) -> FileFinding:
    rows = torch.empty(0, dtype=torch.int64)
    places = list[tuple[int, int]]()
    if finding.mask is not None:
        rows = whole.index[:, : finding.mask.shape[1]][finding.mask][:MOST]
        there = batch.before[:, 1:] if finding.unit == "transition" else batch.index
        inside = torch.isin(there, rows).nonzero()[:MOST]
        places = [(row, step) for row, step in cast("list[list[int]]", inside.tolist())]
    return FileFinding(
        rule=finding.rule,
        severity=finding.severity,
        message=f"{where}, before windows are cut: {finding.message}{_named(rows)}",
        measured=finding.measured,
        threshold=finding.threshold,
        field=finding.field,
        fix=finding.fix,
        explains=finding.explains,
        unit=finding.unit,
        rows=tuple(cast("list[int]", rows.tolist())),
        places=tuple(places),
    )


def _named(rows: Int[Tensor, " row"]) -> str:
    """The first rows, as a sentence."""
    if not len(rows):
        return ""
    first = ", ".join(map(str, cast("list[int]", rows[:SHOWN].tolist())))
    least = "at least " * (len(rows) == MOST)
    more = f" and {least}{len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f" It is about row{'s' * (len(rows) > 1)} {first}{more}."
