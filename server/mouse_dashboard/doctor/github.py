"""Findings as GitHub Actions annotations: workflow commands that mark the file."""

from collections.abc import Iterator, Sequence

from mouse.diagnosis import Finding, Severity
from mouse.diagnosis.finding_text import fix_text, where_text
from mouse.wording import visible
from mouse_dashboard.doctor.files import FileReport

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def annotations(reports: Sequence[FileReport]) -> str:
    """Write a line per finding and per file that cannot be read, then what was checked in each file.

    Reference: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "\n".join(line for each in reports for line in _lines(each))


def _lines(each: FileReport) -> Iterator[str]:
    file = visible(each.file.as_posix())
    if each.report is None:
        yield _command("error", file, "cannot be read", each.problem)
        return
    for finding in each.report:
        yield _command(LEVELS[finding.severity], file, finding.rule, _text(finding))
    yield f"mouse doctor: {_harmless(file)}: {each.report.summary}"


def _text(finding: Finding) -> str:
    where = where_text(finding)
    return "\n".join([finding.message, *([f"where: {where}"] if where else []), f"fix: {fix_text(finding)}"])


def _command(level: str, file: str, title: str, message: str) -> str:
    lines = "\n".join(map(visible, message.split("\n")))
    return f"::{level} file={_property(file)},title={_property(title)}::{_data(lines)}"


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return _harmless(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _harmless(text: str) -> str:
    """Escape commands of the older syntax, ``##[...]``, which are recognised anywhere in a line."""
    return text.replace("##[", "# #[")
