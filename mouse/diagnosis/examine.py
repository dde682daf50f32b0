"""Run rules on a case, and turn their results into findings."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import SEVERITIES, Finding, RawFinding, Unit
from mouse.diagnosis.function_case import FunctionCase
from mouse.diagnosis.recording import RecordingCase
from mouse.diagnosis.report import NotChecked, PartlyChecked, Report
from mouse.diagnosis.rule import Rule
from mouse.diagnosis.rule_skipped import PartSkipped, RuleSkipped
from mouse.diagnosis.unordered import IN_ORDER
from mouse.wording import visible

MAX_PLACES = 100


Examined = Case | FunctionCase | RecordingCase


def report_on(case: Examined, rules: Iterable[Rule]) -> Report:
    """Run rules in order; `rules` may be a generator that raises to stop between two rules."""
    findings: list[Finding] = []
    checked: list[str] = []
    not_checked: list[NotChecked] = []
    partly_checked: list[PartlyChecked] = []
    for rule in rules:
        try:
            seen = examine(rule, case)
        except RuleSkipped as reason:
            not_checked.append(NotChecked(rule.id, str(reason)))
            continue
        checked.append(rule.id)
        for each in seen:
            if isinstance(each, PartSkipped):
                partly_checked.append(PartlyChecked(rule.id, each.part, each.needs))
            else:
                findings.append(finding_of(rule, case, each))
    found = worst_first(group_consequences(findings))
    return Report(found, tuple(checked), tuple(not_checked), tuple(partly_checked))


def group_consequences(findings: Sequence[Finding]) -> list[Finding]:
    """Nest consequences below the finding that explains them, which takes the worst severity among them.

    Of two that explain each other the earlier is the cause; information explains nothing for certain.
    """
    below: dict[int, list[int]] = {}
    absorbed: set[int] = set()
    for place, cause in enumerate(findings):
        if place in absorbed or cause.severity == "info":
            continue
        for other, finding in enumerate(findings):
            if finding.rule in cause.explains and other not in absorbed | {place}:
                absorbed.add(other)
                below[place] = [*below.get(place, []), other, *below.pop(other, [])]
    return [
        _with_consequences(cause, [findings[each] for each in below.get(place, [])])
        for place, cause in enumerate(findings)
        if place not in absorbed
    ]


def _with_consequences(cause: Finding, below: list[Finding]) -> Finding:
    worst = min((cause, *below), key=lambda each: SEVERITIES.index(each.severity))
    every = (each for finding in below for each in (finding, *finding.consequences))
    return replace(cause, severity=worst.severity, consequences=(*cause.consequences, *every))


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By severity, then by share of a loss, then as they were found."""
    return tuple(sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), -(each.share_of_loss or 0))))


def merge_reports(reports: Sequence[Report]) -> Report:
    """Merge several reports; a rule that ran in one of them counts as checked."""
    checked = dict.fromkeys(rule for report in reports for rule in report.checked)
    skipped = dict.fromkeys(each for report in reports for each in report.not_checked if each.rule not in checked)
    whole = {rule for report in reports for rule in report.checked if rule not in _rules_in_part(report)}
    in_part = dict.fromkeys(each for report in reports for each in report.partly_checked if each.rule not in whole)
    findings = worst_first(finding for report in reports for finding in report)
    return Report(findings, tuple(checked), tuple(skipped), tuple(in_part))


def _rules_in_part(report: Report) -> set[str]:
    return {each.rule for each in report.partly_checked}


def examine(rule: Rule, case: Examined) -> list[RawFinding | PartSkipped]:
    """Run one rule: its findings, and the parts that could not run.

    Raises:
        RuleSkipped: it cannot run on this batch.
    """
    missing: dict[str, None] = {}
    for need in rule.needs:
        try:
            need.require(case)
        except RuleSkipped as reason:
            missing[str(reason)] = None
    if IN_ORDER in missing:  # whatever else is missing follows from it
        raise RuleSkipped(IN_ORDER)
    if missing:
        raise RuleSkipped(", ".join(missing))
    # Heads in training want gradients of whatever is computed of them; rules for any function want them themselves.
    with torch.no_grad() if isinstance(case, Case) else nullcontext():
        return list(rule.check(case))


def finding_of(rule: Rule, case: Examined, found: RawFinding) -> Finding:
    """Complete a raw finding with the rule's texts and the shares of the loss."""
    mask, loss = found.mask, found.loss
    shared = None if mask is None or loss is None else (loss, mask)
    return Finding(
        rule=rule.id,
        severity=found.severity or rule.severity,
        message=visible(found.message),
        measured=found.measured,
        threshold=found.threshold,
        field=found.field,
        places=() if mask is None else _places(mask),
        count=0 if mask is None else int(mask.sum()),
        mask=mask,
        unit=None if mask is None else _unit(case, mask),
        loss=loss,
        share_of_loss=case.share_of_loss(*shared) if shared else None,
        share_of_gradient=case.share_of_gradient(*shared) if shared else None,
        why=rule.why,
        fix=found.fix or rule.fix,
        change=found.change,
        reference=rule.sources,
        explains=rule.explains if found.explains is None else found.explains,
    )


def _places(mask: Tensor) -> tuple[tuple[int, ...], ...]:
    """Return the first places, without turning a mask of millions into a list."""
    flat = mask.flatten()
    some = torch.searchsorted(flat.cumsum(0), torch.arange(1, MAX_PLACES + 1, device=flat.device))
    chosen = some[some < flat.numel()]
    index = torch.stack(torch.unravel_index(chosen, mask.shape), dim=1)
    return tuple(tuple(place) for place in cast("list[list[int]]", index.tolist()))


def _unit(case: Examined, mask: Tensor) -> Unit:
    steps = mask.shape[1] if case.shape is None else case.shape[1]
    return "transition" if mask.shape[1] != steps else "item" if steps == 1 else "step"
