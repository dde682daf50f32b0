"""The doctor's report: findings, checked rules, and unchecked rules."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from mouse.diagnosis.finding import SEVERITIES, Finding, Severity
from mouse.diagnosis.finding_text import consequences_text, fix_text, shares_text, where_text
from mouse.diagnosis.report_html import html_of


class DoctorError(ValueError):
    """Raised by `Report.raise_if`: the batch has findings at or above a severity."""

    def __init__(self, report: "Report", findings: tuple[Finding, ...]) -> None:
        self.report = report
        super().__init__("; ".join(f"{finding.rule}: {finding.message}" for finding in findings))


@dataclass(frozen=True)
class NotChecked:
    """A rule that could not run."""

    rule: str
    needs: str
    """What is missing."""

    @property
    def name(self) -> str:
        """Name of what was not checked."""
        return self.rule

    def __str__(self) -> str:
        return f"{self.name} needs {self.needs}"


@dataclass(frozen=True)
class PartlyChecked:
    """A rule that ran, but could not check everything that it covers."""

    rule: str
    part: str
    """What it could not look at."""
    needs: str
    """What is missing."""

    @property
    def name(self) -> str:
        """Name of what was not checked."""
        return f"{self.rule} ({self.part})"

    def __str__(self) -> str:
        return f"{self.name} needs {self.needs}"


def by_need(skipped: Iterable[NotChecked | PartlyChecked]) -> Iterator[tuple[str, str]]:
    """Names of what could not be looked at, and what is missing: what needs the same stands together."""
    names: dict[str, list[str]] = {}
    for each in skipped:
        names.setdefault(each.needs, []).append(each.name)
    for needs, those in names.items():
        yield ", ".join(those), f"need{'s' * (len(those) == 1)} {needs}"


@dataclass(frozen=True)
class Report:
    """Findings, the worst first: by severity, then by their share of a loss. Iterates over them; prints as text."""

    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    """Ids of the rules that ran, whether they found something or not."""
    not_checked: tuple[NotChecked, ...]
    partly_checked: tuple[PartlyChecked, ...] = ()
    """Of the rules that ran: what they could not look at."""

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of this severity or a worse one."""
        bad = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return tuple(finding for finding in self.findings if finding.severity in bad)

    def raise_if(self, severity: Severity) -> None:
        """Stop a training loop.

        Raises:
            DoctorError: (a ValueError) there is a finding of this severity or a worse one.
        """
        if bad := self.at_least(severity):
            raise DoctorError(self, bad)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: ``findings``, ``checked``, ``not_checked`` and ``partly_checked``."""
        return {
            "findings": [finding.to_dict() for finding in self.findings],
            "checked": list(self.checked),
            "not_checked": [asdict(skipped) for skipped in self.not_checked],
            "partly_checked": [asdict(skipped) for skipped in self.partly_checked],
        }

    @property
    def summary(self) -> str:
        """How many findings of each severity, of how many rules."""
        counts = [(name, sum(finding.severity == name for finding in self.findings)) for name in SEVERITIES]
        counted = ", ".join(f"{count} {name}{'s' * (count > 1 and name != 'info')}" for name, count in counts if count)
        in_part = len({skipped.rule for skipped in self.partly_checked})
        checked = f"{len(self.checked)} rules checked{f' ({in_part} partly)' * bool(in_part)}"
        return f"{counted or 'no finding'}; {checked}, {len(self.not_checked)} not"

    def to_html(self) -> str:
        """Findings to unfold, for a page or a logger that shows HTML."""
        return html_of(self)

    _repr_html_ = to_html

    def __str__(self) -> str:
        lines = [line for finding in self.findings for line in (*_lines(finding), "")]
        lines += [f"checked: {', '.join(self.checked) or 'nothing'}"]
        lines += [f"partly checked: {names} {need}" for names, need in by_need(self.partly_checked)]
        lines += [f"not checked: {names} {need}" for names, need in by_need(self.not_checked)]
        return "\n".join([*lines, self.summary])


def _lines(finding: Finding) -> list[str]:
    lines = [f"{finding.severity} {finding.rule}: {finding.message}"]
    lines += [f"  where: {text}" for text in [where_text(finding)] if text]
    lines += [f"  touches: {text}" for text in [shares_text(finding)] if text]
    lines += [f"  why: {finding.why}", f"  fix: {fix_text(finding)}"]
    return lines + [f"  also explains: {text}" for text in [consequences_text(finding)] if text]
