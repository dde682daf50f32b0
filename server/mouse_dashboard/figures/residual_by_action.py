"""The residual of the value head by action, and how often each action is masked."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE, GREY, ORANGE
from mouse_dashboard.schema.numbers import plain

ENTRIES = 1 << 16
"""Steps times actions looked at."""
QUANTILES = {"p1": 0.01, "first quartile": 0.25, "median": 0.5, "third quartile": 0.75, "p99": 0.99}
MOST_ACTIONS = 40
"""Of more actions those whose median is farthest from zero are shown."""


@dataclass(frozen=True)
class Residuals:
    """sv - q_star of each action shown."""

    actions: list[int]
    quantiles: Tensor
    """``[quantile, action]`` of the finite residuals of valid entries; NaN where there are none."""
    masked: Tensor
    """``[action]``: share of steps where the action does not exist."""
    count: int
    """How many actions there are."""
    bad: int
    """Residuals of valid entries that are not finite."""
    note: str


def _info(part: LossInput) -> Residuals:
    sample = part.sample(ENTRIES)
    valid, residual = sample.inputs.valid[0], floats(sample.inputs.residual[0])
    usable = valid & residual.isfinite()
    at = torch.tensor(list(QUANTILES.values()), dtype=residual.dtype)
    quantiles = residual.masked_fill(~usable, torch.nan).nanquantile(at, dim=0)
    size = quantiles[2].abs().nan_to_num(nan=-1)
    shown = size.argsort(descending=True, stable=True)[:MOST_ACTIONS].sort().values
    return Residuals(
        plain(shown),
        quantiles[:, shown],
        (~valid[:, shown]).double().mean(dim=0),
        valid.shape[-1],
        int((valid & ~usable).sum()),
        sample.note,
    )


def _draw(_part: LossInput, info: Residuals) -> FigureOutput:
    low, first, _median, third, high = info.quantiles
    data = [
        _spans("p1 to p99", low, high, GREY, 1.5),
        _spans("quartiles", first, third, BLUE, 8),
        _medians(info),
        {
            "type": "bar",
            "name": "masked",
            "x": list(range(len(info.actions))),
            "y": typed_array(100 * info.masked),
            "yaxis": "y2",
            "marker": {"color": GREY},
            "showlegend": False,
            "hovertemplate": "%{y:.3g} % masked<extra></extra>",
        },
    ]
    shown = len(info.actions)
    layout = {
        "height": 320,
        "xaxis": {
            "title": {"text": "action"},
            "tickvals": list(range(shown)),
            "ticktext": [f"{action}" for action in info.actions],
            "range": [-0.5, shown - 0.5],
            "anchor": "y2",
            "showgrid": False,
        },
        "yaxis": {
            "title": {"text": "residual sv - q_star"},
            "domain": [0.3, 1],
            "zeroline": True,
            "zerolinecolor": GREY,
        },
        "yaxis2": {"title": {"text": "masked (%)"}, "domain": [0, 0.2], "range": [0, 105], "tickvals": [0, 50, 100]},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hovermode": "closest",
    }
    return FigureOutput(_note(info), data, layout)


def _spans(name: str, low: Tensor, high: Tensor, colour: str, width: float) -> dict[str, Any]:
    """An upright line for each action, as one trace."""
    gaps = torch.full_like(low, torch.nan)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [action for action in range(len(low)) for _ in range(3)],
        "y": typed_array(torch.stack((low, high, gaps), dim=-1).flatten()),
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
    }


def _medians(info: Residuals) -> dict[str, Any]:
    quantiles = "<br>".join(f"{name} %{{customdata[{place}]:.4g}}" for place, name in enumerate(QUANTILES, start=1))
    names = torch.tensor(info.actions, dtype=info.quantiles.dtype)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "median",
        "x": list(range(len(info.actions))),
        "y": typed_array(info.quantiles[2]),
        "marker": {"color": ORANGE, "size": 9, "symbol": "line-ew", "line": {"color": ORANGE, "width": 3}},
        "customdata": typed_array(torch.cat((names.unsqueeze(0), info.quantiles)).T),
        "hovertemplate": f"action %{{customdata[0]}}<br>{quantiles}<extra></extra>",
    }


def _note(info: Residuals) -> str:
    worst = max(range(len(info.actions)), key=lambda at: float(info.quantiles[2, at].abs().nan_to_num(nan=-1)))
    said = f"action {info.actions[worst]} is farthest off: median {float(info.quantiles[2, worst]):.3g}"
    masked = f"{100 * float(info.masked.mean()):.3g} % of entries masked" if bool(info.masked.any()) else ""
    few = f"of {info.count:,} actions the {MOST_ACTIONS} farthest off" if info.count > MOST_ACTIONS else ""
    bad = f"{info.bad:,} residuals not finite left out" if info.bad else ""
    return "; ".join(filter(None, [said, masked, few, bad, info.note]))


RESIDUAL_BY_ACTION = Figure(
    name="residual_by_action",
    title="Residual by action",
    doc="How far the prediction lies above the optimal value, action by action, and how often the action is masked.",
    scope="loss",
    panel="spread",
    info=_info,
    draw=_draw,
    terms=("residual", "valid"),
)
