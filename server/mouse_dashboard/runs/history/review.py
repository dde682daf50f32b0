"""Summarise a run as a list of changes: the first change of a group leads, its consequences follow."""

from collections.abc import Iterator
from typing import Any

from mouse.diagnosis.finding import SEVERITIES, Severity
from mouse.wording import visible
from mouse_dashboard.runs.history.rules import RUN_RULES
from mouse_dashboard.runs.history.rules.findings import run_finding, run_finding_gone
from mouse_dashboard.runs.history.series import History, rank
from mouse_dashboard.runs.history.shift import Shift
from mouse_dashboard.runs.models import Follower, RunChange

FOLLOWS = 2
"""Snapshots after a change in which another one counts as its consequence."""
DetectedShift = tuple[str, Severity, Shift]
"""Rule, severity, and what it found."""


def review(history: History) -> list[RunChange]:
    """Run every rule over a run; `history` is in the order of the steps."""
    found: list[DetectedShift] = [
        (each.id, shift.severity or each.severity, shift)
        for each in RUN_RULES.values()
        for shift in each.check(history)
        if isinstance(shift, Shift)
    ]
    found.sort(key=lambda each: (each[2].at, each[0] == run_finding_gone.id, rank(each[2].subject)))
    return [_change(history, group) for group in _groups(history, found)]


def _groups(history: History, found: list[DetectedShift]) -> Iterator[list[DetectedShift]]:
    """Group each jump with its consequences; findings without a jump are groups of their own."""
    rest = list(found)
    while rest:
        first = rest.pop(0)
        group = [first]
        if first[0] not in {run_finding.id, run_finding_gone.id}:
            last = first[2].at + FOLLOWS
            group += [each for each in rest if each[2].at <= last and each[0] != run_finding_gone.id]
            rest = [each for each in rest if each not in group]
            group = [*_config_change(history, first), *group]
        yield group


def _config_change(history: History, first: DetectedShift) -> Iterator[DetectedShift]:
    """A config change at the same step leads the group."""
    shift = first[2]
    if shift.previous is None:
        return
    before, now = (_flat(history[place].configs) for place in (shift.at - 1, shift.at))
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if changed:
        changes = ", ".join(f"{name} from {before.get(name, 'unset')} to {now.get(name, 'unset')}" for name in changed)
        message = f"The configuration changed at step {history[shift.at].step:,}: {changes}."
        config = Shift(
            message=message, at=shift.at, previous=shift.at - 1, subject=f"config.{changed[0]}", title=changed[0]
        )
        yield first[0], "info", config


def _flat(configs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {f"{loss}.{name}": value for loss, fields in configs.items() for name, value in fields.items()}


def _change(history: History, group: list[DetectedShift]) -> RunChange:
    (rule, _, first), *others = group
    followers = list({shift.title: shift for _, _, shift in others if shift.title != first.title}.values())
    names = [shift.title for shift in followers]
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
    then = f" {listed[:1].upper()}{listed[1:]} follow{'s' * (len(names) == 1)}." if names else ""
    return RunChange(
        rule=rule,
        severity=next(each for each in SEVERITIES if each in {severity for _, severity, _ in group}),
        subject=first.subject,
        step=history[first.at].step,
        previous_step=None if first.previous is None else history[first.previous].step,
        message=visible(first.message + then),
        before=first.before,
        after=first.after,
        followers=[
            Follower(subject=shift.subject, step=history[shift.at].step, message=visible(shift.message))
            for shift in followers
        ],
    )
