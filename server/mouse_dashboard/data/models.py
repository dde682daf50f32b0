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
    """The first entry of a field that is not finite in one way."""

    group: Group
    """Where the field is."""
    name: str
    """The field."""
    kind: Literal["nan", "pos_inf", "neg_inf"]
    """In which way."""
    place: list[int]
    """Row, step, and the index in every further dimension."""


class Episodes(ResponseModel):
    """Runs of steps that end where `done` is not 0, or where their sequence does."""

    count: int
    """How many."""
    terminal: int
    """Of these, ended in a terminal state (1)."""
    truncated: int
    """Cut by a time limit (2)."""
    unknown: int
    """Ended with another code."""
    unfinished: int
    """Still running at the last step of their sequence."""
    shortest: int
    """Length in steps; the first of a sequence may have begun before it."""
    median: Number
    """Length in steps; the mean of the two middle ones of an even count."""
    longest: int
    """Length in steps."""


class BatchData(ResponseModel):
    """What is found by reading through a batch."""

    first_bad: list[FirstBad]
    """Per field and kind, where to look first."""
    episodes: Episodes | None
    """None without whole numbers [B, S] in `done`, and of transitions without order."""


class FieldRequest(Body):
    """A field, and which part of it."""

    group: Group
    """Where it is."""
    name: str
    """Which field."""
    index: Annotated[list[Index], Len(max_length=16), Field(default_factory=list)]
    """Index in every dimension after sequence and step; 0 where left out."""
    rows: Range | None = None
    """Half-open range of sequences; all when left out."""
    steps: Range | None = None
    """Half-open range of steps; all when left out."""
    pool: Pool = "mean"
    """What a map cell shows that covers several steps."""
    colours: Colours = "linear"
    """How a map's colours grow with its values; symlog: linear up to their median size, logarithmic beyond."""


class FieldFigures(ResponseModel):
    """A field over sequences and steps."""

    group: Group
    """Where it is."""
    name: str
    """Which field."""
    index: list[int]
    """What is shown of the further dimensions."""
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
    """Where the field is."""
    name: Annotated[str, Len(max_length=1024)]
    """Which field."""


class Picture(ResponseModel):
    """How an entry is shown as an image."""

    width: int
    """Pixels, all channels that stand side by side included."""
    height: int
    """Pixels."""
    note: str
    """What channels mean, and which values the image cannot show."""


class FieldEntry(ResponseModel):
    """A field at one step."""

    group: Group
    """Where it is."""
    name: str
    """Which field."""
    dtype: str
    """Its type, such as float32."""
    shape: list[int]
    """Shape of the entry, without sequence and step."""
    values: list[bool] | list[int] | list[Number]
    """Its numbers, the last index fastest; not those of an image, and of a long entry the first ones."""
    picture: Picture | None
    """Where it is an image."""


class StepData(ResponseModel):
    """Everything that a batch holds of one step."""

    row: int
    """Sequence."""
    step: int
    """Step."""
    fields: list[FieldEntry]
    """Every field, `step_stream` first."""
