"""The gradient of the TD and the CQL term for each action of one state, by autograd of the loss itself."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse_dashboard.figures.cql_penalty import CQL_OFF
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import TransitionInput
from mouse_dashboard.figures.style import BLUE, ORANGE
from mouse_dashboard.schema.numbers import plain

MOST_ACTIONS = 64
"""Of more, the action executed and those that are pushed most are drawn."""


@dataclass(frozen=True)
class Push:
    """Gradient of the mean loss with respect to the value of each action drawn."""

    actions: list[int]
    td: Tensor
    cql: Tensor
    executed: int
    count: int
    """How many actions there are."""


def _info(part: TransitionInput) -> Push | None:
    if part.terms.cql_loss is None:
        return None
    td, cql = (floats(part.gradient(term)[part.step]) for term in ("td_loss", "cql_loss"))
    executed = int(part.terms.action)
    size = torch.maximum(td.abs(), cql.abs()).nan_to_num(nan=torch.inf)
    size[executed] = torch.inf
    most = size.topk(min(MOST_ACTIONS, len(size))).indices.sort().values
    return Push(plain(most), td[most], cql[most], executed, len(td))


def _draw(part: TransitionInput, info: Push | None) -> FigureOutput:
    if info is None:
        return FigureOutput(CQL_OFF)
    data = [_bars("TD part", info.td, info, BLUE), _bars("CQL part", info.cql, info, ORANGE)]
    layout = {
        "height": 290,
        "barmode": "group",
        "bargap": 0.3,
        "xaxis": {
            "title": {"text": f"action in state {part.step}; executed: {info.executed}"},
            "type": "category",
            "showgrid": False,
        },
        "yaxis": {"title": {"text": "d mean(loss) / d q[action]"}},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hovermode": "closest",
    }
    return FigureOutput(_note(part, info), data, layout)


def _bars(name: str, values: Tensor, info: Push, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": [str(action) for action in info.actions],
        "y": typed_array(values),
        "marker": {"color": colour},
        "customdata": [["executed" if action == info.executed else "not executed"] for action in info.actions],
        "hovertemplate": f"{name}, action %{{x}} (%{{customdata[0]}}): %{{y:.6g}}<br>"
        "above 0 training lowers the value, below 0 it raises it<extra></extra>",
    }


def _note(part: TransitionInput, info: Push) -> str:
    text = f"sequence {part.row}, transition {part.step}: executed {info.executed}"
    if len(info.actions) < info.count:
        text += f"; of {info.count:,} actions the {len(info.actions)} that are pushed most"
    bad = not_finite(torch.cat((info.td, info.cql)))
    return f"{text}; {bad} left out" if bad else text


CQL_PUSH = Figure(
    name="cql_push",
    title="Push on each action",
    doc="Gradient of the mean loss in the selected state, by its two parts: CQL pushes every action down by its "
    "softmax share and the executed one up, TD pulls the executed one to its target. Training moves against it.",
    scope="transition",
    panel="cql",
    info=_info,
    draw=_draw,
    terms=("action", "td_loss", "cql_loss"),
)
