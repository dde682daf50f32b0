"""Distributions by class: a normalised histogram of each class on shared bins, and its quantiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import FigureOutput, not_finite
from mouse_dashboard.figures.histogram import distance
from mouse_dashboard.figures.order import ordered

BINS = 60
MARGIN = 0.15
"""How far the bins reach beyond the outermost p1 and p99, in parts of what lies between these."""
SHARES = (0.01, 0.5, 0.99)

ZERO = {
    "type": "line",
    "name": "zero",
    "x0": 0,
    "x1": 0,
    "y0": 0,
    "y1": 1,
    "yref": "paper",
    "layer": "below",
    "line": {"width": 1, "dash": "dot"},
}
"""In the page's own ink."""

Look = dict[str, str]
"""Line of a class: `color`, and maybe `dash`."""


@dataclass(frozen=True)
class Values:
    """Values in classes."""

    names: tuple[str, ...]
    values: Tensor
    """``[n]``."""
    index: Tensor | None = None
    """``[n]``: class of each; None where there is one class."""


@dataclass(frozen=True)
class Class:
    """The finite values of one class; of each quantile the smallest value that so many of them do not exceed."""

    name: str
    count: int
    p1: float
    median: float
    p99: float


@dataclass(frozen=True)
class Spread:
    """Classes that have a finite value, on bins of one width."""

    low: float
    """Lower edge of the first bin."""
    width: float
    classes: list[Class]
    bins: Tensor
    """``[classes, BINS]``: how many values lie in each bin; what lies beyond the bins is in none."""
    bad: str
    """How many values are not finite, by kind; empty when all are."""

    @property
    def edges(self) -> tuple[float, float]:
        """Lower and upper edge of all bins."""
        return self.low, self.low + BINS * self.width


def spread(*sets: Values) -> Spread:
    """Count values in bins that hold p1 and p99 of every class."""
    every = [one for values in sets for one in _classes(values)]
    present = [number for number, one in enumerate(every) if one.count]
    classes = [every[number] for number in present]
    low, high = min((one.p1 for one in classes), default=0.0), max((one.p99 for one in classes), default=0.0)
    margin = MARGIN * (high - low) or 0.5
    low, width = low - margin, (high - low + 2 * margin) / BINS
    bins = torch.cat([_bins(values, low, width) for values in sets])[present]
    return Spread(low, width, classes, bins, ", ".join(filter(None, (not_finite(one.values) for one in sets))))


def _classes(values: Values) -> list[Class]:
    order = ordered(values.values, values.index, len(values.names))
    return [
        Class(name, order.finite(place), *order.quantiles(SHARES, place)) for place, name in enumerate(values.names)
    ]


def _bins(one: Values, low: float, width: float) -> Tensor:
    """``[classes, BINS]``, counted with a bin more on either side, which is then left out."""
    index = distance(one.values, low, low + BINS * width).mul_(1 / width).add_(1).clamp_(0, BINS + 1)
    index = index.nan_to_num_(nan=0).to(torch.int16)
    if one.index is not None:
        index += one.index.to(torch.int16) * (BINS + 2)
    counts = torch.bincount(index, minlength=len(one.names) * (BINS + 2))
    return counts.view(-1, BINS + 2)[:, 1:-1]


def draw_spread(
    info: Spread, looks: Mapping[str, Look], unit: str, title: str, slices: Mapping[str, str]
) -> FigureOutput:
    """Outlines above; below them for each class a line from p1 over the median to p99, a click on which may slice."""
    if not info.classes:
        return FigureOutput(f"nothing to draw: {info.bad or 'no value'}")
    data = [_outline(info, place, looks[one.name], unit) for place, one in enumerate(info.classes)]
    data += [_strip(place, one, looks[one.name], unit, slices) for place, one in enumerate(info.classes)]
    strips = len(info.classes)
    layout = {
        "height": 250 + 22 * strips,
        "xaxis": {"title": {"text": title}, "range": list(info.edges), "anchor": "y2"},
        "yaxis": {"title": {"text": f"% of its {unit}s"}, "rangemode": "tozero", "domain": [0.12 + 0.07 * strips, 1]},
        "yaxis2": {
            "tickvals": list(range(strips)),
            "ticktext": [one.name for one in info.classes],
            "range": [strips - 0.4, -0.6],
            "domain": [0, 0.02 + 0.07 * strips],
            "showgrid": False,
        },
        "shapes": [ZERO] if info.edges[0] < 0 < info.edges[1] else [],
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
    }
    return FigureOutput(_note(info, unit), data, layout)


def _outline(info: Spread, place: int, look: Look, unit: str) -> dict[str, Any]:
    one, bins = info.classes[place], info.bins[place]
    centres = info.low + info.width * (torch.arange(BINS, dtype=torch.float64) + 0.5)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": one.name,
        "x": typed_array(centres),
        "y": typed_array((bins * (100 / one.count)).float()),
        "customdata": typed_array(bins.to(torch.int32).unsqueeze(-1)),
        "line": {"width": 1.75, "shape": "hvh", **look},
        "hovertemplate": f"{one.name}, %{{x:.4g}} &#177; {info.width / 2:.2g}<br>"
        f"%{{customdata[0]:,}} {unit}s, %{{y:.3g}} %<extra></extra>",
    }


def _strip(place: int, one: Class, look: Look, unit: str, slices: Mapping[str, str]) -> dict[str, Any]:
    slice_ = slices.get(one.name)
    hint = "click to make it the slice" if slice_ else ""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"{one.name}: p1, median, p99",
        "x": [one.p1, one.median, one.p99],
        "y": [place] * 3,
        "yaxis": "y2",
        "line": {"width": 2, **look},
        "marker": {"color": look["color"], "symbol": ["line-ns-open", "circle", "line-ns-open"], "size": [10, 9, 10]},
        "showlegend": False,
        "hovertemplate": f"{one.name}: {counted(one.count, unit)}<br>{_quantiles(one)}<extra>{hint}</extra>",
    } | ({"customdata": [[slice_, one.name, one.count]] * 3} if slice_ else {})


def _quantiles(one: Class) -> str:
    return f"median {one.median:.4g}, p1 {one.p1:.4g}, p99 {one.p99:.4g}"


def _note(info: Spread, unit: str) -> str:
    parts = [f"{one.name} {one.median:.3g} [{one.p1:.3g}, {one.p99:.3g}]" for one in info.classes]
    parts[0] = f"median [p1, p99]: {parts[0]}"
    beyond = sum(one.count for one in info.classes) - int(info.bins.sum())
    if beyond:
        parts.append(f"{counted(beyond, unit)} beyond the axis")
    if info.bad:
        parts.append(f"{info.bad} left out")
    return "; ".join(parts)
