"""Requests about losses; fields are documented only here."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from mouse_dashboard.schema.base import BatchId, Body, Index, Range
from mouse_dashboard.schema.errors import ApiError

Configs = TypeAliasType("Configs", dict[str, Any])
"""The losses to evaluate, each with its config; fields left out take their defaults. Resolved against the registry of
losses where they are used, and described in the API by it."""
FigureKind = TypeAliasType("FigureKind", str)
"""Name of a figure; the API lists them."""
Pool = Literal["mean", "min", "max", "peak"]
Side = Literal["live", "pinned", "difference"]
Colours = Literal["linear", "symlog"]


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


class LossesRequest(Body):
    """Under which configs losses are to be described."""

    configs: Configs
    """Of the losses that are to be called on the batch."""


class TransitionRequest(View):
    """One transition, or a map cell: then the transition where the term is farthest from zero, non-finite first."""

    configs: Configs
    """Must hold the config of the loss; of the others only a slice of the doctor takes notice."""
    slice: SliceRequest | None = None
    """Class of transitions among which a cell's transition is chosen."""


def check_range(wanted: Sequence[int] | None, size: int, field: str) -> tuple[int, int]:
    """The requested range, or the whole range by default; `field` is its path in the request.

    Raises:
        ApiError: 422, empty or outside.
    """
    start, stop = wanted or (0, size)
    if not 0 <= start < stop <= size:
        message = f"{field}: found {start} to {stop}, expected a non-empty part of 0 to {size}; the end is exclusive."
        raise ApiError(422, "bad_range", message, field)
    return start, stop
