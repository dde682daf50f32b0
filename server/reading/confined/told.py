"""What a confined reader tells of the file it has converted; its process is not trusted, so it is checked."""

from pydantic import BaseModel, ConfigDict

from server.api_error import ErrorBody


class Told(BaseModel):
    """What was read, for people and for the snippet that reads the same."""

    model_config = ConfigDict(strict=True, extra="forbid")

    notes: list[str]
    """One sentence for each kind of thing left out or converted."""
    layout: str
    """Which of the reader's layouts the file has."""
    names: dict[str, list[str]]
    """Fields that were read, and the names that lead to each in the file."""
    codes: list[str] = []
    """Fields of text, stored as whole numbers in order of appearance."""
    shapes: dict[str, list[int]] = {}
    """Of one row, where a row is more than a number."""


class Answer(BaseModel):
    """What its process writes to its standard output."""

    model_config = ConfigDict(strict=True, extra="forbid")

    told: Told | None = None
    error: ErrorBody | None = None
