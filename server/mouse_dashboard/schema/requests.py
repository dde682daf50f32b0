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
    """A term, and the part of it in view."""

    loss: str
    """Name of the loss; it must be among the configs."""
    term: str
    """Name of one of its terms."""
    component: Index = 0
    """Index in the third dimension (action or dim) of a term that has one; ignored by others."""
    rows: Range | None = None
    """Half-open range of sequences; all by default."""
    steps: Range | None = None
    """Half-open range of transitions or steps; all by default."""


class FigureRequest(View):
    """A figure of a term, of the loss, or of a sequence or transition in it."""

    kind: FigureKind
    """Kind of the figure."""
    pool: Pool = "mean"
    """How a map cell that covers several transitions is pooled; peak is the value farthest from zero."""
    colours: Colours = "linear"
    """Colour scale of a map; symlog: linear up to the median magnitude, logarithmic beyond."""
    side: Side = "live"
    """The values of a map: live (of the configs), pinned, or live minus pinned."""


class SliceRequest(Body):
    """One class of transitions."""

    by: str
    """Name of the grouping: done, action, reward, time, or doctor, by the rule that found them under the configs."""
    value: Index
    """Number of the class; for doctor, index of the rule in the list of rules."""


class PinnedRequest(Body):
    """The pinned state to compare with."""

    configs: Configs
    """The losses to evaluate."""
    batch_id: BatchId | None = None
    """Batch to evaluate them on; the same one by default."""


class EvaluateRequest(Body):
    """One evaluation: its numbers and figures belong together."""

    configs: Configs
    """The losses to evaluate."""
    figures: Annotated[list[FigureRequest], Field(max_length=16, default_factory=list)]
    """Figures of their terms."""
    slice: SliceRequest | None = None
    """Class of transitions in view; metrics and figures show it beside or instead of the whole."""
    pinned: PinnedRequest | None = None
    """The pinned state to compare with."""
    brief: bool = False
    """Whether to omit hover data from the figures, as while a slider is dragged."""


class LossesRequest(Body):
    """The configs under which losses are described."""

    configs: Configs
    """Configs of the losses to call on the batch."""


class TransitionRequest(View):
    """One transition, or a map cell: then the transition where the term is farthest from zero, non-finite first."""

    configs: Configs
    """Must contain the config of the loss; the others only matter for a doctor slice."""
    slice: SliceRequest | None = None
    """Class of transitions from which a cell's transition is chosen."""


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
