"""Models of files that wait for a mapping; fields are documented only here."""

from mouse.mapping import Mapping
from mouse_dashboard.schema.base import ResponseModel


class SourceField(ResponseModel):
    """One field of a file, as it was found."""

    name: str
    """Its name."""
    dtype: str
    """Its type, such as float32."""
    shape: list[int]
    """Its shape."""


class Question(ResponseModel):
    """Something about a file that only its owner knows."""

    part: str
    """Part of the mapping that answers it, such as alignment."""
    text: str
    """What to confirm or change."""


class Import(ResponseModel):
    """A file that is no batch as it is: it waits for a mapping."""

    id: str
    """sha256 of the file as it was sent."""
    name: str
    """File name that it was sent under."""
    fields: list[SourceField]
    """What is in it."""
    mapping: Mapping
    """What is suggested."""
    notes: list[str]
    """What was read, converted and recognised, a sentence each."""
    questions: list[Question]
    """What is to confirm; none where names or an earlier file with these fields tell."""
    remembered: bool
    """Whether the mapping is that of an earlier file with these fields."""
