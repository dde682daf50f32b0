"""Findings as SARIF 2.1.0, which code hosts display next to the file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mouse import __version__
from mouse.diagnosis import CATALOGUE, Finding, Rule, Severity
from mouse.wording import visible
from mouse_dashboard.doctor.files import FileReport

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(reports: Sequence[FileReport]) -> str:
    """Write a log of one run; unchecked rules and unreadable files are its notifications."""
    driver = {"name": "mouse doctor", "version": __version__, "rules": [_rule(rule) for rule in CATALOGUE.values()]}
    several = len(reports) > 1
    notes = [note for each in reports for note in _notes(each, several=several)]
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": all(each.report is not None for each in reports),
                "toolExecutionNotifications": notes,
            }
        ],
        "results": [_result(finding, each.file) for each in reports for finding in each.report or ()],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, allow_nan=False)


def _notes(each: FileReport, *, several: bool) -> Iterator[dict[str, Any]]:
    file = visible(str(each.file))
    if each.report is None:
        yield {"level": "error", "message": {"text": f"{file}: {visible(each.problem)}"}}
        return
    where = f"{file}: " if several else ""
    for name, skipped in (("partly checked", each.report.partly_checked), ("not checked", each.report.not_checked)):
        for reason in skipped:
            yield {"level": "note", "message": {"text": f"{where}{name}: {reason}"}}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {"text": f"{rule.why} {rule.fix}"},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(finding: Finding, file: Path) -> dict[str, Any]:
    field = [] if finding.field is None else [finding.field]
    names = [f"{finding.unit}{list(place)}" for place in finding.places] or field
    location = {
        "physicalLocation": {"artifactLocation": {"uri": quote(visible(file.as_posix()))}},
        "logicalLocations": [{"fullyQualifiedName": visible(name)} for name in names],
    }
    return {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "properties": finding.to_dict(),
    }
