"""The result of a sandboxed reader. Its process is not trusted, so the result is validated."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from annotated_types import Len
from pydantic import BaseModel, ConfigDict

from mouse_dashboard.reading.errors import NO_ROOM, invalid_file
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.notes import MAX_NOTE, MAX_NOTES
from mouse_dashboard.schema.errors import ApiError, ErrorBody


class ReadSummary(BaseModel):
    """Summary of what was read: notes, and the snippet that reads the same."""

    model_config = ConfigDict(strict=True, extra="forbid")

    notes: Annotated[list[Annotated[str, Len(max_length=MAX_NOTE)]], Len(max_length=MAX_NOTES)]
    """One sentence for each kind of thing left out or converted."""
    layout: str
    """Which of the reader's layouts the file has."""
    names: dict[str, list[str]]
    """Fields that were read, and the names that lead to each in the file."""
    codes: list[str] = []
    """Fields of text, stored as whole numbers in order of appearance."""
    shapes: dict[str, list[int]] = {}
    """Of one row, where a row is more than a number."""
    parts: dict[str, str] = {}
    """Which rows of an episode each field takes, where the file holds episodes apart."""
    has_structs: bool = False
    """Whether fields of a table stand in structs."""
    folder: str = ""
    """Where in a zip they lie."""


class WorkerResult(BaseModel):
    """The JSON that the process writes to standard output."""

    model_config = ConfigDict(strict=True, extra="forbid")

    summary: ReadSummary | None = None
    error: ErrorBody | None = None


def run_reader(
    read: Callable[[Path, Path, FileLimits], ReadSummary], received: Path, target: Path, limits: FileLimits
) -> WorkerResult:
    """Run the reader, and return any failure as a message.

    Raises:
        OSError: there is no room left.
    """
    try:
        return WorkerResult(summary=read(received, target, limits))
    except ApiError as error:
        return WorkerResult(error=error.body)
    except MemoryError:
        return WorkerResult(
            error=invalid_file("a file that needs too much memory", "less", "save fewer sequences").body
        )
    except Exception as error:  # a library on a hostile file may raise anything, and nothing of it is shown
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise
        return WorkerResult(error=invalid_file("a damaged file", "one as its library writes it", "save it again").body)
