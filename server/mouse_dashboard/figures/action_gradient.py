"""The gradient of the mean loss with respect to the head's outputs in one state, action by action."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mouse.losses.gradient import length
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import TransitionInput
from mouse_dashboard.figures.style import BLUE, GREY, ORANGE, tick_step
from mouse_dashboard.schema.numbers import plain


@dataclass(frozen=True)
class ActionGradient:
    """Gradient by action."""

    gradient: Tensor
    """``[action]``: of a vector head, the length."""
    executed: list[int]
    """The action that the loss reads, where it reads one."""
    invalid: list[int]
    """Actions that do not exist, where the loss knows."""
    is_length: bool


def _info(part: TransitionInput) -> ActionGradient:
    gradient, names = part.gradient("loss")[part.step], {term.name for term in part.loss.term_infos}
    vectors = gradient.dim() > 1
    return ActionGradient(
        floats(length(gradient, -1) if vectors else gradient),
        [int(part.terms.action)] if "action" in names else [],
        plain((~part.terms.valid).nonzero().flatten()) if "valid" in names else [],
        vectors,
    )


def _draw(part: TransitionInput, info: ActionGradient) -> FigureOutput:
    actions, head = len(info.gradient), part.loss.heads[0]
    slope = f"d mean(loss) / d {head}"
    finite = info.gradient[info.gradient.isfinite()]
    low, high = (min(0.0, float(finite.min())), max(0.0, float(finite.max()))) if finite.numel() else (0.0, 0.0)
    pad = 0.08 * (high - low) or 1.0
    bottom, top = (low - pad if low < 0 else 0.0), high + pad
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": "gradient",
            "x": list(range(actions)),
            "y": typed_array(info.gradient),
            "marker": {"color": [ORANGE if action in info.executed else BLUE for action in range(actions)]},
            "hovertemplate": "action %{x}: %{y:.6g}<extra></extra>",
        }
    ]
    if info.invalid:
        data.append(_invalid(info.invalid, bottom, top))
    layout = {
        "height": 260,
        "bargap": 0.3,
        "barmode": "overlay",
        "xaxis": {
            "title": {"text": "action"},
            "range": [-0.5, actions - 0.5],
            "dtick": tick_step(actions),
            "showgrid": False,
        },
        "yaxis": {
            "title": {"text": f"|{slope}|" if info.is_length else slope},
            "range": [bottom, top],
            "zeroline": True,
            "zerolinecolor": GREY,
            "exponentformat": "e",
        },
        "showlegend": False,
        "hovermode": "closest",
    }
    return FigureOutput(_note(part, info), data, layout)


def _invalid(actions: list[int], bottom: float, top: float) -> dict[str, Any]:
    """A hatched ground."""
    return {
        "type": "bar",
        "name": "invalid action",
        "x": actions,
        "y": [top - bottom] * len(actions),
        "base": bottom,
        "width": 0.9,
        "marker": {
            "color": "rgba(0,0,0,0)",
            "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": GREY, "size": 7, "solidity": 0.2},
        },
        "hovertemplate": "action %{x} does not exist in this state: no gradient<extra></extra>",
    }


def _note(part: TransitionInput, info: ActionGradient) -> str:
    text = f"sequence {part.row}, step {part.step}: "
    text += "length of each vector's gradient" if info.is_length else "training moves each output against its bar"
    if info.executed:
        text += f"; in orange: the executed action {info.executed[0]}"
    if info.invalid:
        text += f"; {len(info.invalid)} invalid, hatched"
    bad = not_finite(info.gradient)
    return f"{text}; {bad} left out" if bad else text


ACTION_GRADIENT = Figure(
    name="action_gradient",
    title="Gradient by action",
    doc="How the mean of the loss changes with the output for each action, by autograd; before the weight.",
    scope="transition",
    panel="transition",
    info=_info,
    draw=_draw,
    terms=("loss",),
)
