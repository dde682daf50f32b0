"""The teacher's relative entropy at every temperature of the slider's range."""

import math
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

import torch
from torch import Tensor

from mouse.losses.config import Positive, Slider
from mouse.losses.softmax import relative_entropy
from mouse.losses.sp import SpLossConfig, teacher_distribution
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE, ORANGE
from mouse_dashboard.schema.numbers import plain

ENTRIES = 1 << 14
"""Steps times actions looked at, at each temperature."""
POINTS = 17
DRAGGED = next(note for note in get_args(Positive) if isinstance(note, Slider))


@dataclass(frozen=True)
class Temperatures:
    """Relative entropy over the steps with a choice, by temperature."""

    temperatures: list[float]
    mean: Tensor
    low: Tensor
    """First quartile."""
    high: Tensor
    """Third quartile."""
    now: float
    """The mean under the config's own temperature."""
    student: float
    """The student's mean."""
    note: str


def _info(part: LossInput) -> Temperatures:
    cfg, sample = cast("SpLossConfig", part.cfg), part.sample(ENTRIES)
    inputs = sample.inputs
    low, high = min(DRAGGED.low, cfg.temperature), max(DRAGGED.high, cfg.temperature)
    temperatures: list[float] = plain(torch.logspace(math.log10(low), math.log10(high), POINTS, dtype=torch.float64))
    soft = replace(cfg, loss_type="kl-fwd" if cfg.loss_type == "ce" else cfg.loss_type)

    def entropy(temperature: float) -> Tensor:
        return relative_entropy(
            teacher_distribution(inputs, replace(soft, temperature=temperature)).log_p, inputs.valid
        ).flatten()

    every = torch.stack([entropy(temperature) for temperature in temperatures])
    quartiles = every.nanquantile(torch.tensor([0.25, 0.75], dtype=every.dtype), dim=1)
    return Temperatures(
        temperatures,
        every.nanmean(dim=1),
        quartiles[0],
        quartiles[1],
        float(entropy(cfg.temperature).nanmean()),
        float(relative_entropy(inputs.log_student, inputs.valid).nanmean()),
        sample.note,
    )


def _draw(part: LossInput, info: Temperatures) -> FigureOutput:
    cfg = cast("SpLossConfig", part.cfg)
    line = {"type": "scatter", "mode": "lines", "x": info.temperatures}
    edge = line | {"line": {"color": ORANGE, "width": 0}, "showlegend": False, "hoverinfo": "skip"}
    said = "temperature %{x:.3g}: relative entropy %{y:.3g}"
    data = [
        edge | {"name": "first quartile", "y": typed_array(info.low)},
        edge
        | {"name": "quartiles", "y": typed_array(info.high), "fill": "tonexty", "fillcolor": f"{ORANGE}33"}
        | {"showlegend": True},
        line
        | {"name": "teacher, mean", "y": typed_array(info.mean), "line": {"color": ORANGE, "width": 2}}
        | {"hovertemplate": f"{said}<extra></extra>"},
        _level(info, info.student),
        _now(cfg.temperature, info.now, said),
    ]
    layout = {
        "height": 290,
        "xaxis": {"title": {"text": "temperature"}, "type": "log", "dtick": 1},
        "yaxis": {"title": {"text": "entropy / log(valid actions)"}, "range": [-0.03, 1.03]},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hovermode": "closest",
    }
    return FigureOutput(_note(info, cfg), data, layout)


def _level(info: Temperatures, student: float) -> dict[str, Any]:
    known = math.isfinite(student)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "student, mean",
        "x": [info.temperatures[0], info.temperatures[-1]] if known else [],
        "y": [student, student] if known else [],
        "line": {"color": BLUE, "width": 1.5, "dash": "dash"},
        "hovertemplate": "student: mean relative entropy %{y:.3g}<extra></extra>",
    }


def _now(temperature: float, entropy: float, said: str) -> dict[str, Any]:
    known = math.isfinite(entropy)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"now, {temperature:.4g}",
        "x": [temperature] * 2 if known else [],
        "y": [0, entropy] if known else [],
        "line": {"color": ORANGE, "width": 1, "dash": "dot"},
        "marker": {"color": ORANGE, "size": [0, 10], "line": {"width": 0}},
        "hovertemplate": f"{said}<extra>now</extra>",
    }


def _note(info: Temperatures, cfg: SpLossConfig) -> str:
    if not math.isfinite(info.now):
        return "no step has two valid actions to choose from"
    text = f"temperature {cfg.temperature:.4g}: mean relative entropy {info.now:.3g}, student {info.student:.3g}"
    if cfg.loss_type == "ce":
        text += "; ce uses no temperature, its teacher is one-hot: this is the teacher of the other divergences"
    return f"{text}; {info.note}" if info.note else text


TEMPERATURE = Figure(
    name="temperature",
    title="Temperature",
    doc="The teacher's relative entropy at each temperature: low ones make it sure of one action, high ones even.",
    scope="loss",
    panel="teacher",
    info=_info,
    draw=_draw,
    terms=("valid", "log_teacher", "log_student"),
)
