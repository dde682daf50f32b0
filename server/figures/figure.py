"""What a figure is: info, plain arrays from a term, then draw, the Plotly figure made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from mouse.losses.term import TermInfo
from server.finite import counts_of

Info = TypeVar("Info")


@dataclass(frozen=True)
class TermSlice:
    """The visible part of a term, and what it is called."""

    term: TermInfo
    values: Tensor
    """``[rows, steps]``, of any dtype."""
    rows: tuple[int, int]
    steps: tuple[int, int]
    component: int
    """Index in the third dimension where the term has one."""
    pool: str

    @property
    def label(self) -> str:
        """Name of what is shown."""
        wide = len(self.term.dims) > 2
        return f"{self.term.name}[{self.term.dims[2]} {self.component}]" if wide else self.term.name

    @property
    def unit(self) -> str:
        """What one value belongs to."""
        return "transition" if self.term.dims[1] == "time" else "step"

    @property
    def floats(self) -> Tensor:
        """The values as float32, or float64 where they are."""
        wanted = torch.float64 if self.values.dtype == torch.float64 else torch.float32
        return self.values.to(wanted)


@dataclass(frozen=True)
class Drawn:
    """A figure and what must be said beside it."""

    note: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    cell: tuple[int, int] | None = None


@dataclass(frozen=True)
class Figure(Generic[Info]):
    """A kind of figure that any per-transition term can be shown in."""

    name: str
    info: Callable[[TermSlice], Info]
    draw: Callable[[TermSlice, Info], Drawn]

    def make(self, part: TermSlice) -> Drawn:
        """Info, then draw."""
        return self.draw(part, self.info(part))


def not_finite(values: Tensor) -> str:
    """Count NaN and infinities apart: ``3 NaN, 1 +inf``; empty when all are finite."""
    counts = counts_of(values)
    kinds = {"NaN": counts.nan, "+inf": counts.pos_inf, "-inf": counts.neg_inf}
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)


def plural(count: int, unit: str) -> str:
    """``1 step``, ``4,064 transitions``."""
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
