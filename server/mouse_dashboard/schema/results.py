"""Responses about losses; fields are documented only here."""

from typing import Any

from mouse_dashboard.schema.base import Range, ResponseModel
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import FigureKind, Side


class Health(ResponseModel):
    """Non-finite values of a term, by kind."""

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
    """Number of transitions in it."""
    of: int
    """Number of transitions in all."""
    loss: Number | None
    """The loss's own mean over the slice; null when the slice is empty."""
    share: Number | None
    """Share of the slice in the sum of the loss; None if that is 0."""
    metrics: dict[str, Number]
    """The metrics that depend on the terms alone, over the slice."""


class LossResult(ResponseModel):
    """One loss under one config, or the reason why it cannot run."""

    loss: Number | None
    """The loss that training minimises, before the weight: bit for bit what the library's function returns."""
    weight: Number
    """Its factor in the total."""
    weighted: Number | None
    """weight * loss."""
    share: Number | None
    """weighted / total; None if there is no total, or if it is 0."""
    metrics: dict[str, Number]
    """The metrics that training logs."""
    health: list[Health]
    """Every floating-point term that was computed, in order of computation."""
    gradient_norm: Number | None
    """Norm of the gradient of the loss, before its weight, with respect to its head; null if not requested."""
    slice: SliceResult | None
    """The loss on the slice, if one is requested."""
    off: list[str]
    """Terms that do not exist under this config."""
    note: str
    """A note on these numbers; empty if training's own call gives exactly the same bits."""
    estimated: bool
    """Whether only some of the sequences were evaluated, as the note says."""
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
    """Meaning of the column, in one sentence."""


class FigureTable(ResponseModel):
    """Transitions with numbers."""

    columns: list[TableColumn]
    """The columns."""
    places: list[tuple[int, int]]
    """Row and step of the batch for each row of the table."""
    rows: list[list[bool | int | Number]]
    """One value per column."""


class FigureResult(ResponseModel):
    """One figure of this evaluation, or the reason why there is none."""

    kind: FigureKind
    """Kind of the figure."""
    loss: str
    """Name of the loss."""
    term: str
    """Name of the term."""
    rows: Range
    """Sequences shown."""
    steps: Range
    """Transitions or steps shown."""
    side: Side
    """The values that a figure of a term shows: live, pinned, or the difference."""
    cell: Range | None
    """Sequences and transitions that one map cell covers; (1, 1) when nothing is pooled."""
    fold: int | None = None
    """If places are unordered, the number of places per line of the map: the place at x in the line that
    begins with y is x + y."""
    note: str
    """A note on what was pooled, binned or left out."""
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
    """The total that training minimises, the sum of weight * loss; null if a requested loss cannot run."""
    losses: dict[str, LossResult]
    """Result per requested loss."""


class Evaluation(Numbers):
    """One evaluation."""

    pinned: Numbers | None
    """The losses of the pinned state."""
    figures: list[FigureResult]
    """Figures in the order of the request."""


class TermValue(ResponseModel):
    """One term at one transition."""

    name: str
    """Its name in code."""
    formula: str
    """Its formula."""
    latex: str | None
    """The formula in LaTeX, with only the taken branch of a condition; null if it is prose or the term is off."""
    latex_values: str | None
    """The same with the numbers of this transition; null if there are none to insert."""
    doc: str
    """Its meaning."""
    dims: list[str]
    """Names of its dimensions."""
    value: bool | int | Number | list[bool] | list[int] | list[Number | None] | None
    """Its value, or a list over the third dimension; null when the term is off under this config, and in a list where
    the number would be a placeholder: the action is invalid."""
    log_zero: float | None
    """Values from here down represent log 0: finite, so that 0 times it is 0; null if there are none."""


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
    """Number of transitions that it was chosen from."""
    note: str
    """A note on these numbers; empty if they come from the same computation as the evaluation."""
    terms: list[TermValue]
    """All terms."""
