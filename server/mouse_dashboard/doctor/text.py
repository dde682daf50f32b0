"""Findings as terminal text, in colour if supported."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mouse.diagnosis import Finding, Report, Severity
from mouse.diagnosis.finding import SEVERITIES
from mouse.diagnosis.finding_text import consequences_text, fix_text, shares_text, where_text
from mouse.diagnosis.report import by_need
from mouse.wording import visible
from mouse_dashboard.doctor.files import FileReport

STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}


def print_reports(reports: Sequence[FileReport]) -> None:
    """Print the report on each file; several files start with a table, worst first."""
    console = Console(highlight=False, soft_wrap=True)
    if len(reports) > 1:
        console.print(_table(reports))
    for file, report, problem in reports:
        if len(reports) > 1:
            console.print(Text(f"\n{visible(str(file))}", "bold"))
        if report is None:
            console.print(Text.assemble(("cannot be read ", "bold red"), visible(problem)))
        else:
            _print_report(console, report)


def _table(reports: Sequence[FileReport]) -> Table:
    """One line per file: the number of findings by severity, and the first finding."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file", overflow="fold")
    for name in SEVERITIES:
        table.add_column(name, justify="right")
    table.add_column("first")
    for each in reports:
        first = next((Text(finding.rule, STYLES[finding.severity]) for finding in each.report or ()), Text("-", "dim"))
        counts = [
            Text(str(count) if count else "-", STYLES[name] if count else "dim")
            for name, count in zip(SEVERITIES, each.counts, strict=True)
        ]
        if each.report is None:
            first, counts = Text("cannot be read", "bold red"), [Text("?", "dim") for _ in SEVERITIES]
        table.add_row(Text(visible(str(each.file))), *counts, first)
    return table


def _print_report(console: Console, report: Report) -> None:
    """Print findings, what was checked and what was not."""
    for finding in report:
        console.print(_described(finding))
    console.print(Text.assemble(("checked ", "dim"), (", ".join(report.checked) or "nothing", "dim")))
    for name, skipped in {"partly checked": report.partly_checked, "not checked": report.not_checked}.items():
        for names, need in by_need(skipped):
            console.print(Text.assemble((f"{name} ", "dim"), (names, "dim bold"), (f" {need}", "dim")))
    console.print(Text(report.summary, "bold"))


def _described(finding: Finding) -> Text:
    parts = {
        "where": where_text(finding),
        "touches": shares_text(finding),
        "why": finding.why,
        "fix": fix_text(finding),
        "also explains": consequences_text(finding),
    }
    lines = [
        Text.assemble((finding.severity, STYLES[finding.severity]), " ", (finding.rule, "bold"), f" {finding.message}")
    ]
    lines += [Text.assemble((f"  {name:<7} ", "dim"), text) for name, text in parts.items() if text]
    return Text("\n").join([*lines, Text()])
