"""Models of the raw batch; fields are documented only here."""

from typing import Annotated, Literal

from annotated_types import Ge, Le, Len
from pydantic import Field

from mouse_dashboard.schema.base import Body, Index, Range, ResponseModel
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import Colours, Pool
from mouse_dashboard.schema.results import FigureResult

Group = Literal["step_stream", "out"]


class FirstBad(ResponseModel):
    """The first entry of a field with one kind of non-finite value."""

    group: Group
    """Group of the field."""
    name: str
    """The field."""
    kind: Literal["nan", "pos_inf", "neg_inf"]
    """Kind of the value."""
    place: list[int]
    """Row, step, and the index in every further dimension."""


class Episodes(ResponseModel):
    """Runs of steps that end where `done` is not 0, or where their sequence does."""

    count: int
    """Number of episodes."""
    terminal: int
    """Of these, ended in a terminal state (1)."""
    truncated: int
    """Cut by a time limit (2)."""
    unknown: int
    """Ended with another code."""
    unfinished: int
    """Still running at the last step of their sequence."""
    shortest: int
    """Length in steps; the first episode of a sequence may have begun before it."""
    median: Number
    """Median length in steps; the mean of the two middle ones for an even count."""
    longest: int
    """Length in steps."""


class BatchData(ResponseModel):
    """Results of reading through a batch."""

    first_bad: list[FirstBad]
    """The first non-finite entry of each field and kind."""
    episodes: Episodes | None
    """Null without integers [B, S] in `done`, and for unordered transitions."""


class FieldRequest(Body):
    """A field, and the part of it in view."""

    group: Group
    """Group of the field."""
    name: str
    """Name of the field."""
    index: Annotated[list[Index], Len(max_length=16), Field(default_factory=list)]
    """Index in every dimension after sequence and step; 0 by default."""
    rows: Range | None = None
    """Half-open range of sequences; all by default."""
    steps: Range | None = None
    """Half-open range of steps; all by default."""
    pool: Pool = "mean"
    """How a map cell that covers several steps is pooled."""
    colours: Colours = "linear"
    """Colour scale of the map; symlog: linear up to the median magnitude, logarithmic beyond."""


class FieldFigures(ResponseModel):
    """A field over sequences and steps."""

    group: Group
    """Group of the field."""
    name: str
    """Name of the field."""
    index: list[int]
    """The shown index of the further dimensions."""
    signed: bool
    """Whether values below zero are in view, so that the map centres its colours on zero."""
    figures: list[FigureResult]
    """Its map and its histogram."""


class PlaceQuery(Body):
    """One step."""

    row: Annotated[int, Ge(0), Le(1 << 62)]
    """Sequence."""
    step: Annotated[int, Ge(0), Le(1 << 62)]
    """Step in it."""


class ImageQuery(PlaceQuery):
    """One entry of a field."""

    group: Group
    """Group of the field."""
    name: Annotated[str, Len(max_length=1024)]
    """Name of the field."""


class Picture(ResponseModel):
    """An entry as an image."""

    width: int
    """Pixels, including all channels that are drawn side by side."""
    height: int
    """Pixels."""
    note: str
    """How channels are drawn, and which values the image cannot show."""


class FieldEntry(ResponseModel):
    """A field at one step."""

    group: Group
    """Group of the field."""
    name: str
    """Name of the field."""
    dtype: str
    """Its type, such as float32."""
    shape: list[int]
    """Shape of the entry, without sequence and step."""
    values: list[bool] | list[int] | list[Number]
    """Its numbers, the last index fastest; empty for an image, truncated for a long entry."""
    picture: Picture | None
    """The image, if the entry is one."""


class StepData(ResponseModel):
    """All fields of a batch at one step."""

    row: int
    """Sequence."""
    step: int
    """Step."""
    fields: list[FieldEntry]
    """Every field, `step_stream` first."""
