"""Examine several files; an unreadable one does not stop the others."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mouse.diagnosis import Report
from mouse.diagnosis.finding import SEVERITIES
from mouse.errors import BatchError, MissingFieldError
from mouse_dashboard.schema.errors import ApiError


class FileReport(NamedTuple):
    """The doctor's report on a file."""

    file: Path
    report: Report | None
    """None where the file cannot be read."""
    problem: str = ""
    """Why it cannot."""

    @property
    def counts(self) -> list[int]:
        """Number of findings by severity, the worst first."""
        return [sum(finding.severity == name for finding in self.report or ()) for name in SEVERITIES]


def examine_files(files: Iterable[Path], examine: Callable[[Path], Report]) -> list[FileReport]:
    """Examine each file; unreadable files come first, then the worst."""
    return sorted((_examined(file, examine) for file in files), key=_rank)


def as_json(reports: Sequence[FileReport]) -> dict[str, Any]:
    """Plain values for JSON; for a single file, only its report."""
    if len(reports) == 1 and reports[0].report is not None:
        return reports[0].report.to_dict()
    return {
        "files": [
            {"file": str(file), **({"problem": problem} if report is None else report.to_dict())}
            for file, report, problem in reports
        ]
    }


def _examined(file: Path, examine: Callable[[Path], Report]) -> FileReport:
    try:
        return FileReport(file, examine(file))
    except (ApiError, BatchError, MissingFieldError) as error:
        reason = str(error)
    except OSError as error:
        reason = error.strerror or str(error)
    return FileReport(file, None, " ".join(reason.removeprefix(f"{file}: ").split()))


def _rank(each: FileReport) -> tuple[object, ...]:
    return each.report is not None, [-count for count in each.counts]
