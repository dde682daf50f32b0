"""Findings for people, in colour where the terminal has some."""

from rich.console import Console
from rich.text import Text

from mouse.diagnosis import Finding, Report, Severity
from mouse.diagnosis.finding_text import fix_text, shares_text, where_text

STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}


def print_report(report: Report) -> None:
    """Print findings, what was checked and what was not."""
    console = Console(highlight=False, soft_wrap=True)
    for finding in report:
        console.print(_told(finding))
    console.print(Text.assemble(("checked ", "dim"), (", ".join(report.checked) or "nothing", "dim")))
    for skipped in report.not_checked:
        console.print(
            Text.assemble(("not checked ", "dim"), (skipped.rule, "dim bold"), (f" needs {skipped.needs}", "dim"))
        )
    console.print(Text(report.summary, "bold"))


def _told(finding: Finding) -> Text:
    parts = {
        "where": where_text(finding),
        "touches": shares_text(finding),
        "why": finding.why,
        "fix": fix_text(finding),
    }
    lines = [
        Text.assemble((finding.severity, STYLES[finding.severity]), " ", (finding.rule, "bold"), f" {finding.message}")
    ]
    lines += [Text.assemble((f"  {name:<8}", "dim"), told) for name, told in parts.items() if told]
    return Text("\n").join([*lines, Text()])
