"""What goes over the wire around losses: requests and responses, each field documented here and nowhere else."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, Field, Strict, create_model

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from server.errors import ErrorBody
from server.figures import FIGURES
from server.figures.figure import Need
from server.numbers import Number

Index = Annotated[int, Strict(), Ge(0)]
Range = tuple[Index, Index]
FigureKind = Literal[
    "map",
    "histogram",
    "share_curve",
    "share_by",
    "worst",
    "sequence",
    "action_values",
    "rotation_dial",
    "policies",
]
Pool = Literal["mean", "min", "max", "peak"]

if set(FIGURES) != set(FigureKind.__args__):  # the literal is what type checkers and OpenAPI can read
    raise AssertionError(f"FigureKind lists {FigureKind.__args__}, the registry {tuple(FIGURES)}")


class Body(BaseModel):
    """A request body: unknown fields are errors, and a field's doc is the string under it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Answer(BaseModel):
    """A response body; a field's doc is the string under it."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Needs(Answer):
    """What a loss reads."""

    step_stream: list[str]
    """Fields of the batch."""
    out: list[str]
    """Outputs of the model."""


class TermInfo(Answer):
    """One intermediate of a loss."""

    name: str
    """Its name in code."""
    formula: str
    """How it follows from the terms, inputs and config fields before it."""
    doc: str
    """What it means, in one sentence."""
    dims: list[str]
    """Names of its dimensions: batch, then time (transitions) or step, then maybe action or dim."""
    signed: bool
    """Whether both signs mean something."""


class FigureInfo(Answer):
    """A figure that a loss can be shown in."""

    kind: FigureKind
    """Name of it in requests."""
    title: str
    """Name for people."""
    doc: str
    """What it tells, in one sentence."""
    need: Need
    """What it is of: a view of one term, the whole loss, one sequence, or one transition; the last two are chosen among
    the rows and steps of the request, at the value of its term that is farthest from zero."""


class LossInfo(Answer):
    """One loss of the catalogue."""

    name: str
    """Key in configs, links and results."""
    title: str
    """Name for people."""
    doc: str
    """What it is, in one sentence."""
    config_schema: dict[str, Any]
    """JSON Schema of its config: bounds, defaults, docs, and `slider`, the range worth dragging through."""
    needs: Needs
    """What it reads from batch and model output."""
    terms: list[TermInfo]
    """Its intermediates in order of computation, `loss` last."""
    figures: list[FigureInfo]
    """Figures that it can be shown in."""


if TYPE_CHECKING:
    Configs = BaseModel
else:
    Configs = create_model(
        "Configs",
        __base__=Body,
        __doc__="The losses to evaluate, each with its config; fields left out take their defaults.",
        **{name: (loss.config | None, Field(None, description=loss.doc)) for name, loss in LOSSES.items()},
    )


def chosen(configs: Configs) -> dict[str, LossConfig]:
    """Return the configs that were given, by loss name in the order of the catalogue."""
    given = ((name, getattr(configs, name)) for name in LOSSES)
    return {name: cfg for name, cfg in given if cfg is not None}


class View(Body):
    """Which term, and which part of it."""

    loss: str
    """Name of the loss; it must be among the configs."""
    term: str
    """Name of one of its terms."""
    component: Index = 0
    """Index in the third dimension (action or dim) of a term that has one; ignored by others."""
    rows: Range | None = None
    """Half-open range of sequences; all when left out."""
    steps: Range | None = None
    """Half-open range of transitions or steps; all when left out."""


class FigureRequest(View):
    """A figure of a term, of the loss, or of a sequence or transition in it."""

    kind: FigureKind
    """Which figure."""
    pool: Pool = "mean"
    """What a map cell shows that covers several transitions; peak is the value farthest from zero."""


class EvaluateRequest(Body):
    """One evaluation: its numbers and figures belong together."""

    configs: Configs
    """The losses to evaluate."""
    figures: Annotated[list[FigureRequest], Field(max_length=16)] = []
    """Figures of their terms."""


class Health(Answer):
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


class LossResult(Answer):
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
    off: list[str]
    """Terms that do not exist under this config."""
    note: str
    """What must be said of these numbers; empty when training's own call gives the very same bits."""
    error: ErrorBody | None
    """Why the loss cannot run on this batch; its numbers are null then."""


class PlotlyFigure(Answer):
    """A figure as Plotly reads it, without theme and size."""

    data: list[dict[str, Any]]
    """Traces; arrays as Plotly's base64 typed arrays."""
    layout: dict[str, Any]
    """Axes and their titles."""


class TableColumn(Answer):
    """A column of a table."""

    name: str
    """Heading: row, step, or the name of a term."""
    doc: str
    """What it means, in one sentence."""


class FigureTable(Answer):
    """Transitions with numbers."""

    columns: list[TableColumn]
    """What the numbers are."""
    places: list[tuple[int, int]]
    """Row and step of the batch for each row of the table."""
    rows: list[list[bool | int | Number]]
    """One value per column."""


class FigureResult(Answer):
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
    cell: Range | None
    """Sequences and transitions that one map cell covers; (1, 1) when nothing is pooled."""
    note: str
    """What was pooled, binned or left out."""
    figure: PlotlyFigure | None
    """The figure; null when it is a table, or there is nothing to draw: then the note says why."""
    table: FigureTable | None
    """The table, where the figure is one."""


class Evaluation(Answer):
    """One evaluation."""

    batch_id: str
    """The batch."""
    total: Number | None
    """What training minimises: the sum of weight * loss; null when a requested loss cannot run."""
    losses: dict[str, LossResult]
    """Result per requested loss."""
    figures: list[FigureResult]
    """Figures in the order of the request."""


class TransitionRequest(View):
    """One transition, or a map cell: then the transition where the term is farthest from zero, non-finite first."""

    configs: Configs
    """Must hold the config of the loss; others are ignored, so that an evaluation's configs can be sent as they are."""


class TermValue(Answer):
    """One term at one transition."""

    name: str
    """Its name in code."""
    formula: str
    """How it is computed."""
    doc: str
    """What it means."""
    dims: list[str]
    """Names of its dimensions."""
    value: bool | int | Number | list[bool] | list[int] | list[Number] | None
    """Its value, a list over the third dimension, or null when the term is off under this config."""


class Transition(Answer):
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
    terms: list[TermValue]
    """All terms."""
