"""One sequence over time: lines over its steps, panel below panel, with the ends of its episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted, every_one
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import RowInput
from mouse_dashboard.figures.pooling import Pooled, pool
from mouse_dashboard.figures.style import BLUE, ORANGE, PINK

MOST_STEPS = 512
"""Up to so many steps every one is drawn."""

ENDS = {"terminal": ORANGE, "truncated": PINK}
Panels = Sequence[tuple[str, Mapping[str, Tensor]]]
"""Title of each panel, and ``[steps]`` values of its lines by their names."""

PANEL_HEIGHT = 84
SHADE = 0.25


@dataclass(frozen=True)
class Line:
    """One term over the steps."""

    name: str
    values: Pooled
    bad: str
    """How many of its values are not finite, by kind; empty when all are."""


@dataclass(frozen=True)
class Timeline:
    """A sequence, `width` steps to a point."""

    panels: list[tuple[str, list[Line]]]
    ends: dict[str, list[int]]
    """Steps whose transition ends an episode, by the way it ends."""
    width: int
    worst: Tensor
    """Of the steps of each point, the one with the largest loss."""


def timeline(part: RowInput, panels: Panels) -> Timeline:
    """Pool the lines to as many points as there is room for."""
    count = len(part.terms["loss"])
    width = -(-count // MOST_STEPS)
    loss = part.terms["loss"].nan_to_num(nan=torch.inf)
    return Timeline(
        panels=[(title, [_line(name, values) for name, values in lines.items()]) for title, lines in panels],
        ends={name: part.terms[name].nonzero().flatten().tolist() for name in ENDS if name in part.terms},
        width=width,
        worst=torch.tensor([first + int(loss[first : first + width].argmax()) for first in range(0, count, width)]),
    )


def _line(name: str, values: Tensor) -> Line:
    return Line(name, pool(floats(values).unsqueeze(0), 1, MOST_STEPS), not_finite(floats(values)))


def draw_timeline(
    part: RowInput, info: Timeline, colours: Mapping[str, str], height: int = PANEL_HEIGHT
) -> FigureOutput:
    """Lines that have a colour of their own stand in the legend; the others are told by the title of their panel."""
    several = len(info.panels)
    data = [
        trace
        for number, (_title, lines) in enumerate(info.panels, start=1)
        for line in lines
        for trace in _traces(part, info, line, f"y{number}", colours.get(line.name))
    ]
    last = part.terms["loss"].shape[0] - 0.5
    layout: dict[str, Any] = {
        "height": 90 + height * several,
        "xaxis": {"title": {"text": f"{part.unit} t"}, "range": [-0.5, last], "anchor": f"y{several}"},
        "hovermode": "x",
        "hoversubplots": "axis",
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "shapes": [*_ends(info), _cursor(part.step)],
    }
    for number, (title, _lines) in enumerate(info.panels, start=1):
        top, bottom = 1 - (number - 1) / several, 1 - (number - 0.16) / several
        layout[f"yaxis{number if number > 1 else ''}"] = {
            "title": {"text": title},
            "domain": [max(0.0, bottom), top],
            "nticks": 4,
        }
    return FigureOutput(_note(part, info), [*data, *_keys(info)], layout)


def _traces(part: RowInput, info: Timeline, line: Line, axis: str, own: str | None) -> list[dict[str, Any]]:
    colour = own or BLUE
    places = torch.stack((torch.full_like(info.worst, part.row), info.worst), dim=-1)
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if len(info.worst) <= 160 else "lines",
        "name": line.name,
        **_middles(info),
        "y": typed_array(line.values.mean[0]),
        "yaxis": axis,
        "line": {"color": colour, "width": 1.5},
        "marker": {"color": colour, "size": 4},
        "showlegend": own is not None,
        "customdata": typed_array(places.to(torch.int32)),
        "hovertemplate": f"{line.name} %{{y:.6g}}<extra></extra>",
    }
    return [trace] if info.width == 1 else [*_envelope(info, line, axis, colour), trace]


def _envelope(info: Timeline, line: Line, axis: str, colour: str) -> list[dict[str, Any]]:
    """Smallest and largest value of the steps of a point."""
    edge: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        **_middles(info),
        "yaxis": axis,
        "line": {"color": colour, "width": 0.5},
        "showlegend": False,
    }
    low = {"name": f"min {line.name}", "y": typed_array(line.values.min[0])}
    high = {"name": f"max {line.name}", "y": typed_array(line.values.max[0]), "fill": "tonexty"}
    said = "hovertemplate"
    return [edge | end | {said: f"{end['name']} %{{y:.6g}}<extra></extra>"} for end in (low, high)]


def _middles(info: Timeline) -> dict[str, float]:
    """Where the points are: in the middle of their steps."""
    return {"x0": (info.width - 1) / 2, "dx": info.width}


def _ends(info: Timeline) -> list[dict[str, Any]]:
    """All ends of one kind as one shape, which costs the browser as little as one band."""
    return [
        {
            "type": "path",
            "name": name,
            "path": " ".join(f"M{step - 0.5},0H{step + 0.5}V1H{step - 0.5}Z" for step in steps),
            "xref": "x",
            "yref": "paper",
            "fillcolor": ENDS[name],
            "line": {"width": 1, "color": ENDS[name]},  # seen where a step is narrower than a pixel
            "opacity": SHADE,
            "layer": "below",
        }
        for name, steps in info.ends.items()
        if steps
    ]


def _keys(info: Timeline) -> list[dict[str, Any]]:
    """Squares in no place that tell in the legend what the bands are."""
    key = {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "hoverinfo": "skip"}
    marker = {"symbol": "square", "size": 10, "opacity": 0.5}
    return [
        key | {"name": name, "marker": marker | {"color": ENDS[name]}} for name, steps in info.ends.items() if steps
    ]


def _cursor(step: int) -> dict[str, Any]:
    """In the page's own ink."""
    return {
        "type": "line",
        "name": "selected",
        "x0": step,
        "x1": step,
        "y0": 0,
        "y1": 1,
        "xref": "x",
        "yref": "paper",
        "line": {"width": 1.5, "dash": "dot"},
    }


def _note(part: RowInput, info: Timeline) -> str:
    count = part.terms["loss"].shape[0]
    pooled = f"1 point = mean, min and max of {info.width} of {counted(count, part.unit)}"
    shown = every_one(count, part.unit) if info.width == 1 else pooled
    ends = [f"{len(steps):,} {name}" for name, steps in info.ends.items() if steps]
    bad = [f"{line.bad} in {line.name} left out" for _title, panel in info.panels for line in panel if line.bad]
    return "; ".join([f"sequence {part.row}, {shown}", *ends, *bad])
