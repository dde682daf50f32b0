"""`mouse.doctor`: run the rules on a batch."""

from collections.abc import Iterable, Mapping
from typing import cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import SEVERITIES, Finding, Found, Unit
from mouse.diagnosis.report import NotChecked, Report
from mouse.diagnosis.rule import Rule
from mouse.diagnosis.rules import RULES
from mouse.diagnosis.thresholds import Thresholds
from mouse.diagnosis.unchecked import Unchecked
from mouse.losses.combined import losses_of
from mouse.losses.config import LossConfig
from mouse.visible import visible

MAX_PLACES = 100


def doctor(
    step_stream: TensorDictBase,
    out: TensorDictBase,
    configs: Mapping[str, LossConfig],
    *,
    rules: Iterable[str] | None = None,
    thresholds: Thresholds | None = None,
) -> Report:
    """Look for the known ways in which a loss goes wrong, in a batch, its configs and the losses' own terms.

    Computes each loss in `configs` once, and its gradient once; changes nothing. A report without findings names what
    was checked, and is no proof that the batch is fine.

    Shapes: ``step_stream``, ``out`` [B, S]; whatever is wrong with them becomes a finding.

    Args:
        step_stream: the batch.
        out: the model's output on it.
        configs: config of each loss that is trained, by its name in `mouse.losses.LOSSES`.
        rules: ids of the rules to run; all of `mouse.diagnosis.RULES` if None.
        thresholds: where a number becomes a finding.

    Raises:
        MissingFieldError: (a KeyError) an unknown loss in `configs`.
        BatchError: (a ValueError) a config of another loss.
        ValueError: an unknown rule.
    """
    losses_of(configs)
    return report_on(Case(step_stream, out, configs, thresholds or Thresholds()), _chosen(rules))


def report_on(case: Case, rules: Iterable[Rule]) -> Report:
    """Run rules one after the other; `rules` may be a generator that raises to stop between two of them."""
    findings: list[Finding] = []
    checked: list[str] = []
    not_checked: list[NotChecked] = []
    for rule in rules:
        try:
            findings += examine(rule, case)
            checked.append(rule.id)
        except Unchecked as reason:
            not_checked.append(NotChecked(rule.id, str(reason)))
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), -(finding.share_of_loss or 0)))
    return Report(tuple(findings), tuple(checked), tuple(not_checked))


def examine(rule: Rule, case: Case) -> list[Finding]:
    """Run one rule.

    Raises:
        Unchecked: it cannot run on this batch.
    """
    missing: dict[str, None] = {}
    for need in rule.needs:
        try:
            need.ask(case)
        except Unchecked as reason:
            missing[str(reason)] = None
    if missing:
        raise Unchecked(", ".join(missing))
    return [_finding(rule, case, found) for found in rule.check(case)]


def _chosen(rules: Iterable[str] | None) -> list[Rule]:
    if rules is None:
        return list(RULES.values())
    wanted = list(dict.fromkeys(rules))
    for name in wanted:
        if name not in RULES:
            raise ValueError(f"rules: found {name!r}, expected some of {', '.join(RULES)}.")
    return [RULES[name] for name in wanted]


def _finding(rule: Rule, case: Case, found: Found) -> Finding:
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
    )


def _places(mask: Tensor) -> tuple[tuple[int, ...], ...]:
    """Return the first places; a mask of millions is not turned into a list of millions."""
    flat = mask.flatten()
    some = torch.searchsorted(flat.cumsum(0), torch.arange(1, MAX_PLACES + 1, device=flat.device))
    chosen = some[some < flat.numel()]
    index = torch.stack(torch.unravel_index(chosen, mask.shape), dim=1)
    return tuple(tuple(place) for place in cast("list[list[int]]", index.tolist()))


def _unit(case: Case, mask: Tensor) -> Unit:
    return "step" if case.shape is None or mask.shape[1] == case.shape[1] else "transition"
