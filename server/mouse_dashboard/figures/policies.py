"""Teacher and student at one step: the probability that each gives to each action."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.losses.sp import SpLossConfig
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import TransitionInput
from mouse_dashboard.figures.style import BLUE, GREY, ORANGE, PINK, tick_step


@dataclass(frozen=True)
class Policies:
    """Probabilities of each action, as they are in the terms."""

    teacher: Tensor
    student: Tensor
    divergence: Tensor
    """What each action adds to the loss."""
    invalid: list[int]
    """Actions that do not exist in this state."""
    label: list[int]
    """The teacher's most probable action, the first one on ties; none where there is no valid action."""


def _info(part: TransitionInput) -> Policies:
    terms = part.terms
    return Policies(
        teacher=floats(terms.teacher),
        student=floats(terms.student),
        divergence=floats(terms.divergence),
        invalid=(~terms.valid).nonzero().flatten().tolist(),
        label=[int(terms.log_teacher.argmax())] if bool(terms.valid.any()) else [],
    )


def _draw(part: TransitionInput, info: Policies) -> FigureOutput:
    both = torch.cat((info.teacher, info.student))
    finite = both[both.isfinite()]
    top = max(float(finite.max()), 1e-3) if finite.numel() else 1.0
    data = [
        _bars("teacher P", info.teacher, ORANGE, info),
        _bars("student Q", info.student, BLUE, info),
        _label(info, 1.04 * top),
        *([_invalid(info, 1.08 * top)] if info.invalid else []),
    ]
    layout = {
        "height": 290,
        "barmode": "group",
        "bargap": 0.3,
        "xaxis": {
            "title": {"text": "action"},
            "range": [-0.5, len(info.teacher) - 0.5],
            "dtick": tick_step(len(info.teacher)),
            "showgrid": False,
        },
        "yaxis": {"title": {"text": "probability"}, "range": [0, 1.08 * top]},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hovermode": "closest",
    }
    return FigureOutput(_note(part, info), data, layout)


def _bars(name: str, values: Tensor, colour: str, info: Policies) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": list(range(len(values))),
        "y": typed_array(values),
        "marker": {"color": colour},
        "customdata": typed_array(info.divergence.unsqueeze(-1)),
        "hovertemplate": f"{name}, action %{{x}}: %{{y:.6g}}<br>"
        "the action adds %{customdata[0]:.6g} to the loss<extra></extra>",
    }


def _label(info: Policies, height: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "label",
        "x": info.label,
        "y": [height] * len(info.label),
        "marker": {"symbol": "star", "color": PINK, "size": 10},
        "hovertemplate": "label: the teacher's most probable action, %{x}<extra></extra>",
    }


def _invalid(info: Policies, height: float) -> dict[str, Any]:
    """A hatched ground: a bar of height zero could not be hatched."""
    return {
        "type": "bar",
        "name": "invalid action",
        "x": info.invalid,
        "y": [height] * len(info.invalid),
        "width": 0.9,
        "offset": -0.45,
        "marker": {
            "color": "rgba(0,0,0,0)",
            "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": GREY, "size": 7, "solidity": 0.2},
        },
        "hovertemplate": "action %{x} does not exist in this state<extra></extra>",
    }


def _note(part: TransitionInput, info: Policies) -> str:
    here = f"sequence {part.row}, step {part.step}"
    actions = len(info.teacher)
    if len(info.invalid) == actions:
        return f"{here}: no action is valid, the step is left out of the mean"
    bad = not_finite(torch.cat((info.teacher, info.student)))
    text = f"{here}: {actions - len(info.invalid)} of {actions} actions are valid; {teacher_of(part.cfg)}"
    return f"{text}; {bad} left out" if bad else text


def teacher_of(cfg: LossConfig) -> str:
    """How a config makes its teacher."""
    sp = cast("SpLossConfig", cfg)
    smoothing = f", label_smoothing {sp.label_smoothing:.4g}" if sp.label_smoothing else ""
    tempered = "one-hot, temperature unused" if sp.loss_type == "ce" else f"temperature {sp.temperature:.4g}"
    return f"{sp.loss_type}: teacher {tempered}{smoothing}"


POLICIES = Figure(
    name="policies",
    title="Teacher and student",
    doc="The probability that teacher and student give to each action; hatched: the action does not exist here.",
    scope="transition",
    panel="transition",
    info=_info,
    draw=_draw,
    terms=("valid", "teacher", "student", "divergence"),
)
