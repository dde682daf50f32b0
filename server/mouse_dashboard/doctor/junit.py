"""Findings as JUnit XML, which every CI shows: one test case per rule."""

from pathlib import Path
from xml.etree import ElementTree as ET

from mouse.diagnosis import Finding, Report
from mouse.diagnosis.finding_text import fix_text, where_text
from mouse.visible import visible


def junit(report: Report, file: Path) -> str:
    """Write one suite; errors and warnings fail their rule, information is its output."""
    bad = {finding.rule for finding in report.at_least("warning")}
    suite = ET.Element(
        "testsuite",
        name="mouse doctor",
        tests=str(len(report.checked) + len(report.not_checked)),
        failures=str(len(bad)),
        errors="0",
        skipped=str(len(report.not_checked)),
    )
    for rule in report.checked:
        case = ET.SubElement(suite, "testcase", classname=visible(str(file)), name=rule)
        for finding in report:
            if finding.rule == rule:
                _add(case, finding)
    for skipped in report.not_checked:
        case = ET.SubElement(suite, "testcase", classname=visible(str(file)), name=skipped.rule)
        ET.SubElement(case, "skipped", message=f"needs {skipped.needs}")
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _add(case: ET.Element, finding: Finding) -> None:
    if finding.severity == "info":
        ET.SubElement(case, "system-out").text = finding.message
    else:
        failure = ET.SubElement(case, "failure", type=finding.severity, message=finding.message)
        failure.text = "\n".join(part for part in (where_text(finding), finding.why, fix_text(finding)) if part)
