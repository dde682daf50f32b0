"""A scatter plot of two terms: one point per transition, or for many transitions a 2-D histogram."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted, every_one
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import floats, not_finite
from mouse_dashboard.figures.histogram import distance
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE
from mouse_dashboard.schema.numbers import plain

MOST_POINTS = 1024
"""Up to so many transitions each is a point that can be clicked."""
CELLS = 48
"""On each side."""
DARKEST = 0.25
"""So far below a single transition the colours begin, in parts of their range: their darkest is lost on a dark page."""
MARGIN = 0.03
"""Between the outermost pair and the edge, in parts of the range."""

Edges = tuple[float, float]


@dataclass(frozen=True)
class Scatter:
    """Pairs whose two values are finite."""

    names: tuple[str, str]
    """Terms across and up."""
    x: Tensor
    y: Tensor
    indices: Tensor | None
    """Which transitions they are; None: all."""
    edges: tuple[Edges, Edges]
    """Range of each axis."""
    cells: Tensor | None
    """``[CELLS, CELLS]``: how many pairs lie in each, row by row upwards; None where they are few enough for points."""
    bad: str
    """How many values are not finite, by kind and term; empty when all are."""


def make_scatter(part: LossInput, across: str, up: str, *, square: bool = False) -> Scatter:
    """Collect the pairs; `square`: both axes share the range of both terms."""
    x, y = floats(part.terms[across]), floats(part.terms[up])
    found = {name: not_finite(values) for name, values in ((across, x), (up, y))}
    bad = ", ".join(f"{said} in {name}" for name, said in found.items() if said)
    indices = (x.isfinite() & y.isfinite()).nonzero().flatten() if bad else None
    if indices is not None:
        x, y = x[indices], y[indices]
    edges = (_edges(x, y), _edges(x, y)) if square else (_edges(x), _edges(y))
    cells = _cells(x, y, edges) if len(x) > MOST_POINTS else None
    return Scatter((across, up), x, y, indices, edges, cells, bad)


def _edges(*terms: Tensor) -> Edges:
    if not len(terms[0]):
        return 0.0, 1.0
    extremes = [float(edge) for term in terms for edge in term.aminmax()]
    low, high = min(extremes), max(extremes)
    margin = (high - low) * MARGIN or 0.5
    return low - margin, high + margin


def _cells(x: Tensor, y: Tensor, edges: tuple[Edges, Edges]) -> Tensor:
    column, row = (_place(values, *ends) for values, ends in zip((x, y), edges, strict=True))
    return torch.bincount(row.mul_(CELLS).add_(column), minlength=CELLS**2).view(CELLS, CELLS)


def _place(values: Tensor, low: float, high: float) -> Tensor:
    return distance(values, low, high).mul_(CELLS / (high - low)).clamp_(0, CELLS - 1).to(torch.int16)


def scatter_traces(part: LossInput, info: Scatter) -> list[dict[str, Any]]:
    """The points, or the cells coloured by the logarithm of their count."""
    return [_points(part, info) if info.cells is None else _heatmap(part, info, info.cells)]


def _points(part: LossInput, info: Scatter) -> dict[str, Any]:
    indices: list[int] = plain(torch.arange(len(info.x)) if info.indices is None else info.indices)
    places = torch.tensor([part.place(index) for index in indices], dtype=torch.int32).view(-1, 2)
    across, up = info.names
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{part.unit}s",
        "x": typed_array(info.x),
        "y": typed_array(info.y),
        "customdata": typed_array(places),
        "marker": {"color": BLUE, "size": 5, "opacity": 0.6},
        "showlegend": False,
        "hovertemplate": f"sequence %{{customdata[0]}}, {part.unit} %{{customdata[1]}}<br>"
        f"{across} %{{x:.6g}}<br>{up} %{{y:.6g}}<extra></extra>",
    }


def _heatmap(part: LossInput, info: Scatter, cells: Tensor) -> dict[str, Any]:
    (left, right), (bottom, top) = info.edges
    width, height = (right - left) / CELLS, (top - bottom) / CELLS
    most = float(cells.max())
    powers = range(int(math.log10(most)) + 1)
    across, up = info.names
    return {
        "type": "heatmap",
        "name": f"{part.unit}s",
        "z": typed_array(cells.float().masked_fill(cells == 0, torch.nan).log10()),
        "x0": left + width / 2,
        "dx": width,
        "y0": bottom + height / 2,
        "dy": height,
        "customdata": typed_array(cells.to(torch.int32).unsqueeze(-1)),
        "zmin": -DARKEST * math.log10(most),
        "zmax": math.log10(most) or 1,
        "colorbar": {"tickvals": list(powers), "ticktext": [f"{10**power:,}" for power in powers]},
        "hoverongaps": False,
        "hovertemplate": f"%{{customdata[0]:,}} {part.unit}s<br>{across} %{{x:.4g}} &#177; {width / 2:.2g}<br>"
        f"{up} %{{y:.4g}} &#177; {height / 2:.2g}<extra></extra>",
    }


def scatter_note(part: LossInput, info: Scatter) -> str:
    """A note on what was binned or left out."""
    binned = f"{counted(len(info.x), part.unit)} in {CELLS} x {CELLS} cells, colour = log of count"
    text = every_one(len(info.x), part.unit) if info.cells is None else binned
    return f"{text}; {info.bad} left out" if info.bad else text
