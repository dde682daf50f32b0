"""A figure has two steps: `info` computes plain numbers from terms, `draw` makes a Plotly figure or table of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import torch
from torch import Tensor

from mouse.losses.loss import AnyLoss
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch_loss import BatchLoss, TracedLoss
from mouse_dashboard.compute.non_finite import count_non_finite
from mouse_dashboard.figures.encoding import plot_name
from mouse_dashboard.schema.requests import Colours

Input = TypeVar("Input")
Info = TypeVar("Info")


@dataclass(frozen=True)
class TermSlice:
    """The visible part of a term, with its name."""

    term: TermInfo
    values: Tensor
    """``[rows, steps]``, of any dtype."""
    rows: tuple[int, int]
    steps: tuple[int, int]
    component: int
    """Index in the third dimension where the term has one."""
    pool: str
    outside: Tensor | None = None
    """``[rows, steps]``: what lies outside of the slice; None when there is no slice."""
    pinned: Tensor | None = None
    """``[rows, steps]``: the same of what is pinned, where the values are the live ones."""
    side: str = "live"
    """Whose values these are."""
    brief: bool = False
    """Whether to leave out what is only seen by pointing at the figure."""
    placeholder: Tensor | None = None
    """``[rows, steps]``: where the value is no number to look at; None when every value is."""
    pinned_placeholder: Tensor | None = None
    """``[rows, steps]``: the same of what is pinned."""
    colours: Colours = "linear"
    """How a map's colours grow with its values."""
    fold: bool = False
    """Whether a map folds its one column into lines: its places have no order in time."""
    stride: int = 1
    """The values are those of every so many sequences of the range: the figure is an estimate."""

    @property
    def label(self) -> str:
        """Name of the term, escaped for Plotly."""
        name, wide = plot_name(self.term.name), len(self.term.dims) > 2
        name = f"{name}[{self.term.dims[2]} {self.component}]" if wide else name
        return name if self.side == "live" else f"{name}, {SIDES[self.side]}"

    @property
    def signed(self) -> bool:
        """Whether the sign of the values has a meaning."""
        return self.term.signed or self.side == "difference"

    @property
    def unit(self) -> str:
        """What one value belongs to."""
        return self.term.unit

    @property
    def inside(self) -> Tensor:
        """The flattened values of the slice; all values if there is no slice."""
        return select_values(self.floats, self.left_out)

    @property
    def left_out(self) -> Tensor | None:
        """Mask ``[rows, steps]`` of values outside of the slice and of placeholders; None if there are none."""
        return mask_or(self.outside, self.placeholder)

    @property
    def invalid(self) -> int:
        """Number of placeholders in the slice."""
        return 0 if self.placeholder is None else int(select_values(self.placeholder, self.outside).sum())

    @property
    def placeholder_name(self) -> str:
        """What a placeholder means."""
        return "invalid or log 0" if self.term.log_zero else "invalid"

    @property
    def floats(self) -> Tensor:
        """The values as float32, or float64 if they are."""
        return floats(self.values)


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    """Heading."""
    doc: str
    """What it means, in one sentence."""


@dataclass(frozen=True)
class Table:
    """Transitions with numbers, one per row."""

    columns: list[Column]
    places: list[tuple[int, int]]
    """Row and step of the batch, for each row of the table."""
    rows: list[list[Any]]
    """Plain numbers and booleans, a list as long as the columns for each row of the table."""


@dataclass(frozen=True)
class FigureOutput:
    """A figure or a table with its note; neither if nothing can be drawn, and the note says why."""

    note: str
    data: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    layout: dict[str, Any] = field(default_factory=dict[str, Any])
    cell: tuple[int, int] | None = None
    fold: int | None = None
    """Of a folded map, how many places stand in a line."""
    table: Table | None = None
    estimated: bool = False
    """Whether it is of an estimate."""


SIDES = {"pinned": "pinned", "difference": "live - pinned"}
"""How a side of a comparison is called."""
Scope = Literal["term", "loss", "both", "row", "transition"]
"""What a figure is of: a view of one term, the whole loss, the whole loss beside what is pinned, one sequence, or one
transition."""
Panel = Literal["term", "changes", "origin", "spread", "cql", "teacher", "sequence", "transition"]
"""Where a figure stands on the page; titles are in `PANELS`."""
PANELS: dict[Panel, str] = {
    "term": "Term",
    "changes": "Changes",
    "origin": "Where it comes from",
    "spread": "Distributions",
    "cql": "CQL",
    "teacher": "Teacher",
    "sequence": "Sequence",
    "transition": "Transition",
}
"""Title of each panel, in the order of the page."""


@dataclass(frozen=True)
class Figure(Generic[Input, Info]):
    """A kind of figure."""

    name: str
    title: str
    doc: str
    """What it tells, in one sentence."""
    scope: Scope
    panel: Panel
    info: Callable[[Input], Info]
    """Plain numbers from terms."""
    draw: Callable[[Input, Info], FigureOutput]
    """The Plotly figure or table made of them."""
    terms: tuple[str, ...] = ()
    """Terms without which it does not exist."""

    def fits(self, loss: AnyLoss) -> bool:
        """Whether the loss has the terms; never for a user's function, whose terms may mean anything."""
        if isinstance(loss, TracedLoss | BatchLoss):
            return not self.terms
        return {term.name for term in loss.term_infos}.issuperset(self.terms)

    def make(self, part: Input) -> FigureOutput:
        """Info, then draw."""
        return self.draw(part, self.info(part))


def floats(values: Tensor) -> Tensor:
    """The values in a dtype that Plotly reads: float64 if they are, else float32."""
    return values.to(torch.float64 if values.dtype == torch.float64 else torch.float32)


def select_values(values: Tensor, left_out: Tensor | None) -> Tensor:
    """The flattened values without those left out."""
    return values.flatten() if left_out is None else values[~left_out]


def mask_or(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    """The union of two masks; None counts as empty."""
    return one | other if one is not None and other is not None else one if other is None else other


def not_finite(values: Tensor) -> str:
    """Text that counts NaN and infinities separately: ``3 NaN, 1 +inf``; empty if all are finite."""
    counts = count_non_finite(values)
    kinds = {"NaN": counts.nan, "+inf": counts.pos_inf, "-inf": counts.neg_inf}
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
