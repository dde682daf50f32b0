"""The distribution of rotation angles, and how many exceed half a turn."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE, GREY, ORANGE

FINEST = math.pi / 40
"""Width of a bin, or a power of two of it: a half turn then ends on an edge as long as there is room for it."""
MOST_BINS = 160
BELOW_LABELS = 0.92
"""Part of the height that the bars have: above them stand the names of `MARKS`."""
MARKS = {-math.pi: "-π", -math.pi / 2: "-π/2", math.pi / 2: "π/2", math.pi: "π"}


@dataclass(frozen=True)
class Thetas:
    """Counts in bins of one width around 0."""

    width: float
    centres: Tensor
    within: Tensor
    """Angles of at most half a turn, per bin."""
    beyond: Tensor
    """Angles of more than half a turn, per bin."""
    bad: str
    """How many are not finite, by kind."""


def _info(part: LossInput) -> Thetas:
    theta = floats(part.terms["theta"])
    bad = not_finite(theta)
    finite = theta[theta.isfinite()] if bad else theta
    low, high = (float(edge) for edge in finite.aminmax()) if finite.numel() else (0.0, 0.0)
    reach = max(-low, high, 1.05 * math.pi)
    width = FINEST * 2.0 ** max(0, math.ceil(math.log2(2 * reach / FINEST / MOST_BINS)))
    half = math.ceil(reach / width)
    bins = 2 * half
    index = (finite / width).add_(half).clamp_(0, bins - 1).to(torch.int16)
    wraps = finite.abs() > math.pi
    index.add_(wraps, alpha=bins)
    counts = torch.bincount(index, minlength=2 * bins).to(torch.int32)
    centres = width * (torch.arange(bins, dtype=torch.float64) - half + 0.5)
    return Thetas(width, centres, counts[:bins], counts[bins:], bad)


def _draw(part: LossInput, info: Thetas) -> FigureOutput:
    data = [_bars(part, info, "up to half a turn", info.within, BLUE)]
    if bool(info.beyond.any()):
        data.append(_bars(part, info, "|theta| > π: wraps", info.beyond, ORANGE))
    layout = {
        "barmode": "stack",
        "bargap": 0,
        "xaxis": {"title": {"text": "theta (rad)"}, "range": [float(info.centres[0]), float(info.centres[-1])]},
        "yaxis": {"title": {"text": f"{part.unit}s"}, "rangemode": "tozero", "domain": [0, BELOW_LABELS]},
        "showlegend": len(data) > 1,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "shapes": [_line(at) for at in MARKS],
        "annotations": [_label(at, text) for at, text in MARKS.items()],
    }
    return FigureOutput(_note(part, info), data, layout)


def _bars(part: LossInput, info: Thetas, name: str, counts: Tensor, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": typed_array(info.centres),
        "y": typed_array(counts),
        "width": info.width,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"theta %{{x:.4g}} &#177; {info.width / 2:.3g} rad<br>%{{y:,}} {part.unit}s"
        f"<extra>{name}</extra>",
    }


def _line(at: float) -> dict[str, Any]:
    line = {"color": GREY, "width": 1, "dash": "dash" if abs(at) == math.pi else "dot"}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "y domain", "line": line}


def _label(at: float, text: str) -> dict[str, Any]:
    return {"x": at, "y": 1, "yref": "y domain", "yanchor": "bottom", "text": text, "showarrow": False}


def _note(part: LossInput, info: Thetas) -> str:
    wraps, count = int(info.beyond.sum()), int(info.within.sum()) + int(info.beyond.sum())
    share = f" ({100 * wraps / count:.3g} %)" if wraps else ""
    text = f"{wraps:,} of {counted(count, part.unit)}{share} wrap: |theta| > π"
    text += f"; {len(info.centres)} bins of {info.width:.3g} rad"
    return f"{text}; {info.bad} left out" if info.bad else text


THETA = Figure(
    name="theta",
    title="Turns",
    doc="The angles by which rewards turn v_greedy; beyond half a turn a larger reward turns back, and is taken for a "
    "smaller one.",
    scope="loss",
    panel="spread",
    info=_info,
    draw=_draw,
    terms=("theta",),
)
