"""A report as HTML for a notebook: no styles except colours for severities."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from mouse.diagnosis.finding import Finding, Severity
from mouse.diagnosis.finding_text import consequences_text, fix_text, shares_text, where_text

if TYPE_CHECKING:
    from mouse.diagnosis.report import Report

MARKS: dict[Severity, str] = {"error": "#d55e00", "warning": "#e69f00", "info": "#0072b2"}
"""Colours that stay apart for the colour-blind, on light and dark."""


def html_of(report: "Report") -> str:
    """Findings to unfold, then what was checked and what was not."""
    return "".join(_parts(report))


def _parts(report: "Report") -> Iterator[str]:
    yield f"<div><p><b>mouse doctor</b>: {escape(report.summary)}</p>"
    for finding in report:
        yield _finding(finding)
    yield f"<details><summary>checked ({len(report.checked)})</summary>{escape(', '.join(report.checked))}</details>"
    for name, skipped in {"partly checked": report.partly_checked, "not checked": report.not_checked}.items():
        if skipped:
            lines = "".join(f"<li>{escape(str(each))}</li>" for each in skipped)
            yield f"<details><summary>{name} ({len(skipped)})</summary><ul>{lines}</ul></details>"
    yield "</div>"


def _finding(finding: Finding) -> str:
    mark = (
        f'<span style="border-left: 4px solid {MARKS[finding.severity]}; padding-left: 6px">{finding.severity}</span>'
    )
    sections = {
        "where": where_text(finding),
        "touches": shares_text(finding),
        "why": finding.why,
        "fix": fix_text(finding),
        "also explains": consequences_text(finding),
    }
    lines = "".join(f"<li><b>{name}</b>: {escape(text)}</li>" for name, text in sections.items() if text)
    summary = f"{mark} <b>{escape(finding.rule)}</b>: {escape(finding.message)}"
    return f"<details><summary>{summary}</summary><ul>{lines}</ul></details>"
