"""Merge the reports on a batch and on its source file: what both show is reported once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from mouse.diagnosis.catalogue import CATALOGUE
from mouse.diagnosis.examine import finding_of, group_consequences, merge_reports, report_on
from mouse.diagnosis.file_rules import FileReport
from mouse.diagnosis.finding import SEVERITIES, Finding, RawFinding
from mouse.diagnosis.recording import RecordingCase, chosen_rules
from mouse.diagnosis.report import PartlyChecked, Report
from mouse.mapping.doubts import Doubt

ALL = tuple(CATALOGUE)


def add_recording_findings(
    report: Report,
    shape: tuple[int, int],
    doubts: Sequence[Doubt] | None,
    file: FileReport | None,
    rules: Sequence[str] = ALL,
) -> Report:
    """Add to what rules say of windows what was noted of their file, and what rules say of it before it was cut.

    Where a rule speaks of both, it does of the windows, unless it has something worse to say of the file.

    Args:
        report: on the windows, B sequences of S steps.
        shape: B and S.
        doubts: what was noted; None where the batch was made of no file.
        file: what the rules say of the file; None where they were not run on it.
        rules: ids of those that are asked for.
    """
    reports = [report]
    if doubts is not None:
        reports.append(report_on(RecordingCase(doubts, shape), chosen_rules(rules)))
    if file is not None:
        of_file = file.only(rules)
        reports.append(Report((), of_file.checked, of_file.not_checked, of_file.partly_checked))
        worse = list(_worse(report, of_file, shape))
        replaced = {each.rule for each in worse}
        left = tuple(each for each in report if each.rule not in replaced)
        reports[0] = replace(report, findings=(*left, *worse))
    both = sorted((each for part in reports for each in part), key=lambda each: ALL.index(each.rule))
    joint = replace(report, findings=tuple(group_consequences(both)))
    whole = merge_reports([joint, *(replace(each, findings=()) for each in reports[1:])])
    return whole if file is None else replace(whole, partly_checked=(*whole.partly_checked, *_unseen(file.only(rules))))


def _unseen(file: FileReport) -> Iterator[PartlyChecked]:
    """What rules did not look at of a long file, whatever they saw of its windows."""
    for rule in file.checked if file.unseen else ():
        yield PartlyChecked(rule, f"the last {file.unseen:,} rows of the file before windows are cut", "a shorter file")


def _worse(report: Report, file: FileReport, shape: tuple[int, int]) -> Iterator[Finding]:
    """What rules say of the file that they do not say of its windows."""
    below = {each.rule for found in report for each in found.consequences}
    severities = {found.rule: SEVERITIES.index(found.severity) for found in report}
    for found in _findings(file, shape):
        if found.rule not in below and SEVERITIES.index(found.severity) < severities.get(found.rule, len(SEVERITIES)):
            yield found


def _findings(file: FileReport, shape: tuple[int, int]) -> Iterator[Finding]:
    """Findings with their places in the batch."""
    rows, steps = shape
    for found in file.findings:
        mask = torch.zeros(rows, steps - (found.unit == "transition"), dtype=torch.bool)
        mask[[row for row, _step in found.places], [step for _row, step in found.places]] = True
        raw = RawFinding(
            message=found.message,
            measured=found.measured,
            threshold=found.threshold,
            mask=mask if found.places else None,
            field=found.field,
            fix=found.fix,
            severity=found.severity,
            explains=found.explains,
        )
        yield finding_of(CATALOGUE[found.rule], RecordingCase((), shape), raw)
