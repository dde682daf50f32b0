"""Findings as SARIF 2.1.0, which code hosts show beside the file."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mouse import __version__
from mouse.diagnosis import CATALOGUE, Finding, Report, Rule, Severity
from mouse.visible import visible

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(report: Report, file: Path) -> str:
    """Write a log of one run; rules that could not run are its notifications."""
    driver = {"name": "mouse doctor", "version": __version__, "rules": [_rule(rule) for rule in CATALOGUE.values()]}
    skipped = [
        {"level": "note", "message": {"text": f"not checked: {each.rule} needs {each.needs}"}}
        for each in report.not_checked
    ]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": skipped}],
        "results": [_result(finding, file) for finding in report],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, allow_nan=False)


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
