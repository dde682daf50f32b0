"""Models of mappings and of their previews; fields are documented only here."""

from typing import Any, Literal

from mouse.mapping import Mapping
from mouse_dashboard.schema.base import Body, ResponseModel
from mouse_dashboard.store.models import LossReadiness


class MappingRequest(Body):
    """The mapping to apply to a file."""

    mapping: Mapping
    """Names and alignment of the fields."""


class MappedField(ResponseModel):
    """One field of the batch that a mapping makes."""

    name: str
    """Its name in the batch."""
    group: Literal["step_stream", "out"]
    """Whether it belongs to the data or to the model's output."""
    dtype: str
    """Its type."""
    shape: list[int]
    """Its shape, [B, S] first."""
    sources: list[str]
    """Its source fields in the file."""
    shifted: bool
    """Whether it is stored with the state that its transition leaves, and was shifted by one."""


class SampleRow(ResponseModel):
    """One step as a line of text cells."""

    state: str
    """Position in the file of its state, such as 3 or [3, 0]."""
    led_by: str | None
    """Position in the file of the action that led to it; null if the file has none."""
    cells: list[str]
    """One value per column."""


class Sample(ResponseModel):
    """The first steps of the first sequence."""

    columns: list[str]
    """Headings of the columns."""
    shifted: list[bool]
    """Which columns are shifted."""
    rows: list[SampleRow]
    """Steps in order of time."""


class Preview(ResponseModel):
    """The result of a mapping."""

    B: int
    """Number of sequences."""
    S: int
    """Number of steps per sequence."""
    transitions: bool
    """Whether its sequences are unordered transitions."""
    fields: list[MappedField]
    """Its fields, `step_stream` first."""
    notes: list[str]
    """Every decision, one sentence each."""
    losses: list[LossReadiness]
    """Which losses can run."""
    before: Sample
    """Steps as the file stores them."""
    after: Sample
    """The same steps as rows of the batch."""


class TargetInfo(ResponseModel):
    """One of mouse's fields that a file may provide."""

    name: str
    """Its name."""
    doc: str
    """Its description."""
    group: Literal["step_stream", "out"]
    """Whether it belongs to the data or to the model's output."""
    of_transition: bool
    """Whether it belongs to a transition, and is shifted with it."""


class MappingForm(ResponseModel):
    """The form of a mapping."""

    targets: list[TargetInfo]
    """Every field that can be mapped."""
    parts: dict[str, Any]
    """JSON Schema of a mapping."""
