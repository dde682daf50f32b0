"""Why the greedy next action is greedy: the angle by which each action's vector leads every other."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.geometry import signed_angles
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import TransitionInput
from mouse_dashboard.figures.style import PINK, tick_step
from mouse_dashboard.schema.numbers import plain

MOST_ACTIONS = 40
"""Of more actions those with the highest scores are shown."""


@dataclass(frozen=True)
class Leads:
    """Actions of the next state, highest score first."""

    actions: list[int]
    angles: Tensor
    """``[leader, other]`` in radians, of the actions shown."""
    scores: list[float]
    """Row sums over all actions, as they are in the terms."""
    count: int
    """How many actions there are."""


def _info(part: TransitionInput) -> Leads:
    scores = floats(part.terms.scores)
    order = scores.nan_to_num(nan=-torch.inf).argsort(descending=True, stable=True)[:MOST_ACTIONS]
    angles = floats(signed_angles(part.heads_next["vec_dqn_target"]))[order][:, order]
    return Leads(plain(order), angles, plain(scores[order]), len(scores))


def _draw(part: TransitionInput, info: Leads) -> FigureOutput:
    shown = list(range(len(info.actions)))
    names = [f"{action}" for action in info.actions]
    matrix = {
        "type": "heatmap",
        "z": typed_array(info.angles),
        "colorscale": "RdBu",
        "zmid": 0,
        "colorbar": {"ticksuffix": " rad"},
        "xgap": 1,
        "ygap": 1,
        "customdata": [[[leader, other] for other in names] for leader in names],
        "hovertemplate": "action %{customdata[0]} leads action %{customdata[1]} by %{z:.4g} rad<extra></extra>",
    }
    if len(shown) <= 8:
        matrix |= {"texttemplate": "%{z:.2f}", "textfont": {"size": 10}}
    ticks = {"tickvals": shown, "showgrid": False}
    named = slice(
        None, None, tick_step(len(shown))
    )  # the columns are in the order of the rows, which all have their names
    layout = {
        "height": 150 + min(max(26 * len(shown), 120), 320),
        "xaxis": ticks | {"title": {"text": "led action"}, "tickvals": shown[named], "ticktext": names[named]},
        "yaxis": ticks
        | {
            "title": {"text": "leading action: score (rad)"},
            "ticktext": [f"{name}: {score:.3g}" for name, score in zip(names, info.scores, strict=True)],
            "range": [len(shown) - 0.5, -0.5],
        },
        "shapes": [_outline(info.actions.index(int(part.terms.greedy_action)), len(shown))],
    }
    return FigureOutput(_note(part, info), [matrix], layout)


def _outline(row: int, count: int) -> dict[str, Any]:
    """Around the row of the greedy action."""
    corners = {"x0": -0.5, "x1": count - 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", "name": "greedy", **corners, "line": {"color": PINK, "width": 2}}


def _note(part: TransitionInput, info: Leads) -> str:
    greedy = int(part.terms.greedy_action)
    score = info.scores[info.actions.index(greedy)]
    text = f"sequence {part.row}, state {part.step + 1}, target head: action {greedy} is greedy, its row"
    text += f" adds up to {score:.4g} rad"
    if info.count > len(info.actions):
        text += f"; of {info.count:,} actions the {len(info.actions)} with the highest scores, a score counts all"
    bad = not_finite(info.angles)
    return f"{text}; {bad} left out" if bad else text


LEAD_MATRIX = Figure(
    name="lead_matrix",
    title="Who leads whom",
    doc="The angle by which each next action's target vector leads each other; a row adds up to the action's score, "
    "and the highest score is greedy.",
    scope="transition",
    panel="transition",
    info=_info,
    draw=_draw,
    terms=("scores", "greedy_action", "v_greedy"),
)
