"""Findings as JUnit XML: one suite per file, one test case per rule."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from mouse.diagnosis import Finding, Report
from mouse.diagnosis.finding_text import consequences_text, fix_text, where_text
from mouse.wording import visible
from mouse_dashboard.doctor.files import FileReport


def junit(reports: Sequence[FileReport]) -> str:
    """Write the suites; for a single file, only its suite."""
    suites = [_suite(each) for each in reports]
    root = suites[0] if len(suites) == 1 else ET.Element("testsuites", name="mouse doctor")
    if len(suites) > 1:
        root.extend(suites)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _suite(each: FileReport) -> ET.Element:
    if each.report is None:
        return _unreadable(each)
    return _examined(each.report, each.file)


def _unreadable(each: FileReport) -> ET.Element:
    """The suite of a file that could not be examined: an error, not a failure."""
    name = visible(str(each.file))
    suite = ET.Element("testsuite", name="mouse doctor", tests="1", failures="0", errors="1", skipped="0")
    case = ET.SubElement(suite, "testcase", classname=name, name="readable")
    ET.SubElement(case, "error", message=visible(each.problem))
    return suite


def _examined(report: Report, file: Path) -> ET.Element:
    """The suite of a file: errors and warnings fail their rule, information is its output."""
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
        for skipped in report.partly_checked:
            if skipped.rule == rule:
                ET.SubElement(case, "system-out").text = f"partly checked: {skipped}"
    for skipped in report.not_checked:
        case = ET.SubElement(suite, "testcase", classname=visible(str(file)), name=skipped.rule)
        ET.SubElement(case, "skipped", message=f"needs {skipped.needs}")
    return suite


def _add(case: ET.Element, finding: Finding) -> None:
    if finding.severity == "info":
        ET.SubElement(case, "system-out").text = finding.message
    else:
        failure = ET.SubElement(case, "failure", type=finding.severity, message=finding.message)
        follows = consequences_text(finding)
        parts = (where_text(finding), finding.why, fix_text(finding), f"Also explains: {follows}" if follows else "")
        failure.text = "\n".join(part for part in parts if part)
