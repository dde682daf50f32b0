"""Models of files that wait for a mapping; fields are documented only here."""

from mouse.mapping import Mapping
from mouse_dashboard.schema.base import ResponseModel


class SourceField(ResponseModel):
    """One unchanged field of a file."""

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
    """The question."""


class Import(ResponseModel):
    """A file that waits for a mapping."""

    id: str
    """sha256 of the uploaded file."""
    name: str
    """Name of the uploaded file."""
    fields: list[SourceField]
    """Its fields."""
    mapping: Mapping
    """The suggested mapping."""
    notes: list[str]
    """Notes on what was read, converted and recognised, one sentence each."""
    questions: list[Question]
    """Open questions; empty if names or an earlier file with these fields answer them."""
    remembered: bool
    """Whether the mapping is that of an earlier file with these fields."""
