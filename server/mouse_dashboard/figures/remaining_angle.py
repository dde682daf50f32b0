"""The remaining angle between v_taken and its target v_rotated, on half a dial, with the loss beside it."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE, GREY
from mouse_dashboard.schema.numbers import plain

WEDGES = 36
STEP = math.pi / WEDGES
RIM = 1.0
"""Radius of the fullest wedge."""
TICKS = {0: "0", 1: "π/4", 2: "π/2", 3: "3π/4", 4: "π"}
"""Angles on the rim in quarters of the half turn."""


@dataclass(frozen=True)
class Remaining:
    """Transitions by the angle between v_taken and v_rotated."""

    counts: Tensor
    """Per wedge of 5 degrees, from 0 to pi."""
    mean: float
    """Mean angle in radians."""
    bad: str
    """How many cosines are not finite, by kind."""


def _info(part: LossInput) -> Remaining:
    cosine = floats(part.terms["cosine"])
    bad = not_finite(cosine)
    angle = (cosine[cosine.isfinite()] if bad else cosine).clamp(-1, 1).acos_()
    index = (angle * (1 / STEP)).clamp_(max=WEDGES - 1).to(torch.uint8)
    return Remaining(torch.bincount(index, minlength=WEDGES), float(angle.mean()), bad)


def _draw(part: LossInput, info: Remaining) -> FigureOutput:
    shares: list[float] = plain(info.counts / max(1, int(info.counts.max())))
    data = [_wedges(shares), _tips(part, info, shares)]
    layout = {
        "height": 250,
        "xaxis": {"range": [-1.42, 1.42], "visible": False},
        "yaxis": {"range": [-0.22, 1.3], "visible": False, "scaleanchor": "x"},
        "showlegend": False,
        "hovermode": "closest",
        "shapes": [_ring(0.5), _ring(RIM), *(_spoke(quarter) for quarter in TICKS)],
        "annotations": [
            *(_rim_label(quarter, text) for quarter, text in TICKS.items()),
            {"x": 0, "y": -0.16, "text": f"angle (rad), loss = 1 - cos; rim = {_plural(part, info)}"} | PLAIN,
        ],
    }
    return FigureOutput(_note(part, info), data, layout)


PLAIN: dict[str, Any] = {"showarrow": False}


def _wedges(shares: list[float]) -> dict[str, Any]:
    """All wedges as one filled outline."""
    points: list[tuple[float | None, float | None]] = []
    for wedge, share in enumerate(shares):
        if share:
            arc = [_at((wedge + part / 4) * STEP, share * RIM) for part in range(5)]
            points += [(0.0, 0.0), *arc, (0.0, 0.0), (None, None)]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "wedges",
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "fill": "toself",
        "fillcolor": f"{BLUE}99",
        "line": {"color": BLUE, "width": 1},
        "hoverinfo": "skip",
    }


def _tips(part: LossInput, info: Remaining, shares: list[float]) -> dict[str, Any]:
    """A point in the middle of each wedge, which tells of it."""
    middles = [_at((wedge + 0.5) * STEP, share * RIM / 2) for wedge, share in enumerate(shares)]
    counts: list[int] = plain(info.counts)
    wedges = [
        [count, STEP * wedge, STEP * (wedge + 1), 1 - math.cos(STEP * wedge), 1 - math.cos(STEP * (wedge + 1))]
        for wedge, count in enumerate(counts)
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "counts",
        "x": [x for x, _ in middles],
        "y": [y for _, y in middles],
        "marker": {"color": BLUE, "size": 14, "opacity": 0},
        "customdata": wedges,
        "hovertemplate": f"%{{customdata[0]:,}} {part.unit}s<br>%{{customdata[1]:.3f}} to %{{customdata[2]:.3f}} rad"
        "<br>loss %{customdata[3]:.3g} to %{customdata[4]:.3g}<extra></extra>",
    }


def _at(angle: float, radius: float) -> tuple[float, float]:
    return radius * math.cos(angle), radius * math.sin(angle)


def _ring(radius: float) -> dict[str, Any]:
    arc = "L".join(f"{x:.4f},{y:.4f}" for x, y in (_at(part * STEP, radius) for part in range(WEDGES + 1)))
    return {"type": "path", "path": f"M{arc}", "line": {"color": GREY, "width": 0.5}, "layer": "below"}


def _spoke(quarter: int) -> dict[str, Any]:
    x, y = _at(quarter * math.pi / 4, RIM)
    line = {"color": GREY, "width": 0.5}
    return {"type": "line", "x0": 0, "y0": 0, "x1": x, "y1": y, "line": line, "layer": "below"}


def _rim_label(quarter: int, text: str) -> dict[str, Any]:
    angle = quarter * math.pi / 4
    x, y = _at(angle, RIM + 0.06)
    anchors = {"xanchor": ("left", "left", "center", "right", "right")[quarter], "yanchor": "bottom"}
    return (
        {"x": x, "y": y - (0.06 if quarter in {0, 4} else 0), "text": f"{text}<br>loss {1 - math.cos(angle):.2g}"}
        | PLAIN
        | anchors
    )


def _plural(part: LossInput, info: Remaining) -> str:
    return counted(int(info.counts.max()), part.unit)


def _note(part: LossInput, info: Remaining) -> str:
    count = int(info.counts.sum())
    if not count:
        return f"{info.bad} left out: no angle can be computed"
    far = int(info.counts[WEDGES // 2 :].sum())
    text = (
        f"{counted(count, part.unit)}, {info.mean:.3g} rad remain on average; {100 * far / count:.3g} % point away, "
        f"by more than π/2, a loss above 1; wedges of {STEP:.3g} rad"
    )
    return f"{text}; {info.bad} left out" if info.bad else text


REMAINING_ANGLE = Figure(
    name="remaining_angle",
    title="Angle that remains",
    doc="How far v_taken points away from v_rotated: the loss is 1 - cosine of this angle.",
    scope="loss",
    panel="spread",
    info=_info,
    draw=_draw,
    terms=("v_rotated", "cosine"),
)
