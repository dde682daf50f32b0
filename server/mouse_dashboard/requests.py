"""What the page asks around losses: each field documented here and nowhere else."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field, create_model

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.figure import Colours
from mouse_dashboard.wire import BatchId, Body, Index, Range

FigureKind = Annotated[str, Field(json_schema_extra={"enum": list(FIGURES)})]
"""Name of a figure."""
Pool = Literal["mean", "min", "max", "peak"]
Side = Literal["live", "pinned", "difference"]


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
    colours: Colours = "linear"
    """How a map's colours grow with its values; symlog: linear up to their median size, logarithmic beyond."""
    side: Side = "live"
    """Whose values a map shows: those of the configs, of what is pinned, or the first minus the second."""


class SliceRequest(Body):
    """One class of transitions."""

    by: str
    """What sorts them: done, action, reward, time, or doctor: by the rule that found them under the configs."""
    value: Index
    """Number of the class; of doctor, place of the rule in the list of rules."""


class PinnedRequest(Body):
    """What to compare with."""

    configs: Configs
    """The losses to evaluate."""
    batch_id: BatchId | None = None
    """Batch to evaluate them on; the same one when left out."""


class EvaluateRequest(Body):
    """One evaluation: its numbers and figures belong together."""

    configs: Configs
    """The losses to evaluate."""
    figures: Annotated[list[FigureRequest], Field(max_length=16, default_factory=list)]
    """Figures of their terms."""
    slice: SliceRequest | None = None
    """Class of transitions that is looked at; metrics and figures tell of it beside or instead of the whole."""
    pinned: PinnedRequest | None = None
    """What to compare with."""
    brief: bool = False
    """Whether to leave out of the figures what is only seen by pointing at them, as while a slider is dragged."""


class TransitionRequest(View):
    """One transition, or a map cell: then the transition where the term is farthest from zero, non-finite first."""

    configs: Configs
    """Must hold the config of the loss; of the others only a slice of the doctor takes notice."""
    slice: SliceRequest | None = None
    """Class of transitions among which a cell's transition is chosen."""
