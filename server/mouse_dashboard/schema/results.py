"""Responses about losses; fields are documented only here."""

from typing import Any

from mouse_dashboard.schema.base import Range, ResponseModel
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import FigureKind, Side


class Health(ResponseModel):
    """Values of a term that are not finite, by kind."""

    term: str
    """Name of the term."""
    nan: int
    """Number of NaN."""
    pos_inf: int
    """Number of +infinity."""
    neg_inf: int
    """Number of -infinity."""
    numel: int
    """Number of values."""


class SliceResult(ResponseModel):
    """One loss on the transitions of a slice."""

    label: str
    """Name of the slice."""
    count: int
    """How many transitions it has."""
    of: int
    """How many there are in all."""
    loss: Number | None
    """The loss's own mean over the slice; null when the slice is empty."""
    share: Number | None
    """Part of the sum of the loss that the slice carries."""
    metrics: dict[str, Number]
    """The metrics that depend on the terms alone, over the slice."""


class LossResult(ResponseModel):
    """One loss under one config, or the reason why it cannot run."""

    loss: Number | None
    """What training minimises before the weight: bit for bit what the library's function returns."""
    weight: Number
    """Its factor in the total."""
    weighted: Number | None
    """weight * loss."""
    share: Number | None
    """weighted / total."""
    metrics: dict[str, Number]
    """The metrics that training logs."""
    health: list[Health]
    """Every floating-point term that was computed, in order of computation."""
    gradient_norm: Number | None
    """Length of the gradient of the loss, before its weight, with respect to its head; null where not asked for."""
    slice: SliceResult | None
    """The loss on the slice, if one is looked at."""
    off: list[str]
    """Terms that do not exist under this config."""
    note: str
    """What must be said of these numbers; empty when training's own call gives the very same bits."""
    estimated: bool
    """Whether only some of the sequences were looked at, which the note says."""
    error: ErrorBody | None
    """Why the loss cannot run on this batch; its numbers are null then."""


class PlotlyFigure(ResponseModel):
    """A figure as Plotly reads it, without theme and size."""

    data: list[dict[str, Any]]
    """Traces; arrays as Plotly's base64 typed arrays."""
    layout: dict[str, Any]
    """Axes and their titles."""


class TableColumn(ResponseModel):
    """A column of a table."""

    name: str
    """Heading: row, step, or the name of a term."""
    doc: str
    """What it means, in one sentence."""


class FigureTable(ResponseModel):
    """Transitions with numbers."""

    columns: list[TableColumn]
    """What the numbers are."""
    places: list[tuple[int, int]]
    """Row and step of the batch for each row of the table."""
    rows: list[list[bool | int | Number]]
    """One value per column."""


class FigureResult(ResponseModel):
    """One figure of this evaluation, or the reason why there is none."""

    kind: FigureKind
    """Which figure."""
    loss: str
    """Name of the loss."""
    term: str
    """Name of the term."""
    rows: Range
    """Sequences shown."""
    steps: Range
    """Transitions or steps shown."""
    side: Side
    """Whose values it shows, where it is of a term."""
    cell: Range | None
    """Sequences and transitions that one map cell covers; (1, 1) when nothing is pooled."""
    fold: int | None = None
    """Where places have no order in time, how many of them a line of the map holds: the one at x in the line that
    begins with y is x + y."""
    note: str
    """What was pooled, binned or left out."""
    estimated: bool = False
    """Whether it was drawn although its loss is an estimate: from as many of the sequences in view as its note says. A
    figure of the loss, of a sequence or of a transition waits for all of them instead."""
    figure: PlotlyFigure | None
    """The figure; null when it is a table, or there is nothing to draw: then the note says why."""
    table: FigureTable | None
    """The table, where the figure is one."""


class Numbers(ResponseModel):
    """Losses of one batch under their configs."""

    batch_id: str
    """The batch."""
    total: Number | None
    """What training minimises: the sum of weight * loss; null when a requested loss cannot run."""
    losses: dict[str, LossResult]
    """Result per requested loss."""


class Evaluation(Numbers):
    """One evaluation."""

    pinned: Numbers | None
    """What is compared with."""
    figures: list[FigureResult]
    """Figures in the order of the request."""


class TermValue(ResponseModel):
    """One term at one transition."""

    name: str
    """Its name in code."""
    formula: str
    """How it is computed."""
    latex: str | None
    """The formula in LaTeX, of a condition only the branch taken here; null where it is told in words or off."""
    latex_values: str | None
    """The same with the numbers of this transition; null where there are none to put in."""
    doc: str
    """What it means."""
    dims: list[str]
    """Names of its dimensions."""
    value: bool | int | Number | list[bool] | list[int] | list[Number | None] | None
    """Its value, or a list over the third dimension; null when the term is off under this config, and in a list where
    the number would be a placeholder: the action is invalid."""
    log_zero: float | None
    """Values down here stand for log 0: finite, so that 0 times it is 0; null where none do."""


class Transition(ResponseModel):
    """Every term of a loss at one transition, in order of computation."""

    batch_id: str
    """The batch."""
    loss: str
    """Name of the loss."""
    row: int
    """Sequence."""
    step: int
    """Transition (from step to step + 1) or step."""
    chosen_from: int
    """Among how many transitions it was chosen."""
    note: str
    """What must be said of these numbers; empty when they are out of the same computation as the evaluation."""
    terms: list[TermValue]
    """All terms."""
