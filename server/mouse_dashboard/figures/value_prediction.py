"""The value head against the optimal values, with the variance that it explains."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.diagnosis.numbers import variance_ratio
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE, GREY
from mouse_dashboard.schema.numbers import plain

ENTRIES = 1 << 17
"""Steps times actions looked at."""
MOST_POINTS = 1000
"""Up to so many entries are drawn one by one."""
BINS = 48


@dataclass(frozen=True)
class Predictions:
    """Valid entries, flat."""

    target: Tensor
    """q_star."""
    prediction: Tensor
    """sv."""
    places: Tensor
    """``[n, 2]``: index in the part, and action."""
    unexplained: float
    """Var(q_star - sv) / Var(q_star)."""
    masked: int
    """Entries that do not exist."""
    bad: int
    """Predictions that are not finite."""
    note: str


def _info(part: LossInput) -> Predictions:
    sample = part.sample(ENTRIES)
    valid, target, prediction = sample.inputs.valid[0], floats(sample.inputs.q_star[0]), floats(sample.heads["sv"])
    shown = valid & prediction.isfinite()
    places = shown.nonzero()
    target, prediction = target[shown], prediction[shown]
    return Predictions(
        target,
        prediction,
        torch.stack((sample.index[places[:, 0]], places[:, 1]), dim=-1),
        variance_ratio(target.double() - prediction.double(), target),
        int((~valid).sum()),
        int((valid & ~shown).sum()),
        sample.note,
    )


def _draw(part: LossInput, info: Predictions) -> FigureOutput:
    if not len(info.target):
        return FigureOutput(_note(info))
    few = len(info.target) <= MOST_POINTS
    low, high = (float(edge) for edge in torch.cat((info.target, info.prediction)).aminmax())
    pad = 0.04 * (high - low) or 1.0
    ends = [low - pad, high + pad]
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "sv = q_star",
        "x": ends,
        "y": ends,
        "line": {"color": GREY, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }
    layout = {
        "height": 320,
        "xaxis": {"title": {"text": "q_star"}, "range": ends, "constrain": "domain"},
        "yaxis": {"title": {"text": "prediction sv"}, "range": ends, "scaleanchor": "x", "constrain": "domain"},
        "showlegend": False,
        "hovermode": "closest",
    }
    return FigureOutput(_note(info), [_points(part, info) if few else _cells(info, ends[0], ends[1]), line], layout)


def _points(part: LossInput, info: Predictions) -> dict[str, Any]:
    indices: list[list[int]] = plain(info.places)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "entries",
        "x": typed_array(info.target),
        "y": typed_array(info.prediction),
        "marker": {"color": BLUE, "size": 5, "opacity": 0.6},
        "customdata": [[*part.place(index), action] for index, action in indices],
        "hovertemplate": "sequence %{customdata[0]}, step %{customdata[1]}, action %{customdata[2]}<br>"
        "q_star %{x:.6g}, sv %{y:.6g}<extra></extra>",
    }


def _cells(info: Predictions, low: float, high: float) -> dict[str, Any]:
    width = high / BINS - low / BINS
    across, up = (
        ((values.double() - low) / width).long().clamp_(0, BINS - 1) for values in (info.target, info.prediction)
    )
    counts = torch.bincount(up * BINS + across, minlength=BINS**2).view(BINS, BINS)
    powers = range(int(math.log10(int(counts.max()))) + 1)
    return {
        "type": "heatmap",
        "name": "entries",
        "z": typed_array(counts.float().log10().masked_fill(counts == 0, torch.nan)),
        "x0": low + width / 2,
        "dx": width,
        "y0": low + width / 2,
        "dy": width,
        "customdata": typed_array(counts.to(torch.int32).unsqueeze(-1)),
        "colorbar": {"tickvals": list(powers), "ticktext": [f"{10**power:,}" for power in powers]},
        "hoverongaps": False,
        "hovertemplate": "q_star %{x:.4g}, sv %{y:.4g}<br>%{customdata[0]:,} entries<extra></extra>",
    }


def _note(info: Predictions) -> str:
    count = len(info.target)
    variance = f"residual variance {info.unexplained:.3g} of that of q_star"
    parts = [
        variance if math.isfinite(info.unexplained) else "q_star does not vary" if count else "",
        "1 entry" if count == 1 else f"{count:,} entries",
    ]
    if count > MOST_POINTS:
        parts.append(f"{BINS} x {BINS} cells, logarithmic colours")
    if info.masked:
        parts.append(f"{info.masked:,} masked left out")
    if info.bad:
        parts.append(f"{info.bad:,} predictions not finite left out")
    return "; ".join(filter(None, [*parts, info.note]))


VALUE_PREDICTION = Figure(
    name="value_prediction",
    title="Prediction against q_star",
    doc="The value head's prediction against the optimal value, dotted where they are the same; residual variance is "
    "Var(q_star - sv) / Var(q_star), 0 for a perfect head and 1 for one that knows no more than the mean.",
    scope="loss",
    panel="spread",
    info=_info,
    draw=_draw,
    terms=("residual", "valid"),
)
