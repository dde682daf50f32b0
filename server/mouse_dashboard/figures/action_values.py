"""The action values in one TD error: the online head's in state t, the target head's in state t+1."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import TransitionInput
from mouse_dashboard.figures.style import BLUE, GREEN, GREY, ORANGE, PINK, tick_step
from mouse_dashboard.schema.numbers import plain


@dataclass(frozen=True)
class ActionValues:
    """Values of each action, as they are in the terms."""

    online: Tensor
    target: Tensor
    executed: int
    greedy: list[int]
    """Next actions whose value is the maximum; several on a tie, none where it is NaN."""
    td_target: float
    invalid: tuple[list[int], list[int]]
    """Actions that do not exist in state t and in state t+1, as far as the batch tells: their q_star is -inf."""


def _info(part: TransitionInput) -> ActionValues:
    terms = part.terms
    return ActionValues(
        online=floats(terms.q),
        target=floats(terms.q_next),
        executed=int(terms.action),
        greedy=(terms.q_next == terms.q_next_max).nonzero().flatten().tolist(),
        td_target=float(terms.td_target),
        invalid=(_invalid(part, part.step), _invalid(part, part.step + 1)),
    )


def _invalid(part: TransitionInput, step: int) -> list[int]:
    if part.q_star is None or part.q_star.shape[1:] != part.terms.q.shape:  # of other actions it tells nothing
        return []
    return plain((part.q_star[step] == -torch.inf).nonzero().flatten())


def _draw(part: TransitionInput, info: ActionValues) -> FigureOutput:
    actions = len(info.online)
    data = [
        _bars("online, q(t)", info.online, BLUE, "x"),
        _bars("target, q_next(t+1)", info.target, GREEN, "x2"),
        *_crosses(info),
        _marks("executed", [info.executed], info.online) | _symbol("diamond", ORANGE),
        _marks("greedy", info.greedy, info.target) | _symbol("star", PINK) | {"xaxis": "x2"},
        {
            "type": "scatter",
            "mode": "lines",
            "name": "td_target",
            "x": [-0.5, actions - 0.5],
            "y": typed_array(torch.tensor([info.td_target] * 2)),
            "line": {"color": ORANGE, "width": 1.5, "dash": "dot"},
            "hovertemplate": "td_target %{y:.6g}<extra></extra>",
        },
    ]
    axis = {"range": [-0.5, actions - 0.5], "dtick": tick_step(2 * actions), "showgrid": False}
    layout = {
        "height": 300,
        "xaxis": axis | {"title": {"text": f"action in state {part.step}"}, "domain": [0, 0.48]},
        "xaxis2": axis | {"title": {"text": f"action in state {part.step + 1}"}, "domain": [0.52, 1]},
        "yaxis": {"title": {"text": "action value"}},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
    }
    return FigureOutput(_note(part, info), data, layout)


def _bars(name: str, values: Tensor, colour: str, axis: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": list(range(len(values))),
        "y": typed_array(values),
        "xaxis": axis,
        "marker": {"color": colour},
        "hovertemplate": f"{name}, action %{{x}}: %{{y:.6g}}<extra></extra>",
    }


def _marks(name: str, actions: list[int], values: Tensor) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": actions,
        "y": typed_array(values[actions]),
        "hovertemplate": f"{name}: action %{{x}}, %{{y:.6g}}<extra></extra>",
    }


def _crosses(info: ActionValues) -> list[dict[str, Any]]:
    """On the values of actions that do not exist; told once in the legend."""
    sides = ((info.invalid[0], info.online, "x"), (info.invalid[1], info.target, "x2"))
    marked = [
        _marks("invalid", actions, values)
        | {"marker": {"symbol": "x-thin-open", "size": 9, "color": GREY, "line": {"width": 2}}, "xaxis": axis}
        for actions, values, axis in sides
        if actions
    ]
    return [trace | {"showlegend": place == 0} for place, trace in enumerate(marked)]


def _symbol(symbol: str, colour: str) -> dict[str, Any]:
    return {"marker": {"symbol": symbol, "size": 12, "color": colour, "line": {"width": 1.5, "color": "#ffffff"}}}


def _note(part: TransitionInput, info: ActionValues) -> str:
    greedy = " and ".join(map(str, info.greedy)) or "none"
    text = f"sequence {part.row}, transition {part.step}: executed {info.executed}, greedy {greedy}"
    wrong = [str(action) for action in info.greedy if action in info.invalid[1]]
    if wrong:
        text += f"; q_star says that greedy {' and '.join(wrong)} does not exist"
    bad = not_finite(torch.cat((info.online, info.target)))
    return f"{text}; {bad} left out" if bad else text


ACTION_VALUES = Figure(
    name="action_values",
    title="Action values",
    doc="What the online head says of the state, with the action executed and the target it is pulled towards; and "
    "what the target head says of the next state, with the greedy action.",
    scope="transition",
    panel="transition",
    info=_info,
    draw=_draw,
    terms=("action", "q", "q_taken", "q_next", "q_next_max", "td_target"),
)
