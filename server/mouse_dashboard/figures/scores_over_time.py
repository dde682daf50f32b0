"""The scores of every next action along a sequence: which action leads, and where the lead changes."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted, every_one
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats, not_finite
from mouse_dashboard.figures.inputs import RowInput
from mouse_dashboard.figures.pooling import Pooled, pool

MOST_CELLS = 4800
MOST_ACTIONS = 48
"""Of more actions several share a row."""


@dataclass(frozen=True)
class Scores:
    """Scores of a sequence, in cells."""

    cells: Pooled
    """``[actions, steps]``."""
    greedy: Tensor
    """Per column the next action that is greedy most often, the first one on ties."""
    actions: int
    bad: str
    """How many scores are not finite, by kind."""


def _info(part: RowInput) -> Scores:
    terms = part.all_terms()
    scores = floats(terms.scores).T
    actions = scores.shape[0]
    cells = pool(scores, MOST_ACTIONS, MOST_CELLS // min(actions, MOST_ACTIONS))
    width = cells.cell[1]
    greedy = torch.stack([step.bincount(minlength=actions).argmax() for step in terms.greedy_action.split(width)])
    return Scores(cells, greedy, actions, not_finite(scores))


def _draw(part: RowInput, info: Scores) -> FigureOutput:
    height, width = info.cells.cell
    steps = len(part.terms["loss"])
    layout = {
        "height": 200 + min(12 * info.cells.mean.shape[0], 240),
        "xaxis": {"title": {"text": f"{part.unit} t"}, "range": [-0.5, steps - 0.5], "showgrid": False},
        "yaxis": {
            "title": {"text": "next action"},
            "range": [info.actions - 0.5, -0.5],
            "dtick": -(-info.actions // 16),
            "showgrid": False,
        },
        "hovermode": "x",
        "showlegend": False,
        "shapes": [_cursor(part.step, info.actions)],
    }
    return FigureOutput(_note(part, info, height, width), [_heatmap(info), _greedy(part, info, steps)], layout)


def _heatmap(info: Scores) -> dict[str, Any]:
    height, width = info.cells.cell
    return {
        "type": "heatmap",
        "name": "scores",
        "z": typed_array(info.cells.mean),
        "x0": (width - 1) / 2,
        "dx": width,
        "y0": (height - 1) / 2,
        "dy": height,
        "colorscale": "RdBu",
        "zmid": 0,
        "colorbar": {"ticksuffix": " rad"},
        "hoverongaps": False,
        "hovertemplate": "action %{y:.0f}: leads by %{z:.4g} rad in all<extra></extra>",
    }


def _greedy(part: RowInput, info: Scores, steps: int) -> dict[str, Any]:
    """A mark for each column, which carries its transition: a click on the column selects it."""
    width = info.cells.cell[1]
    at = torch.arange(len(info.greedy), dtype=torch.int32) * width
    places = torch.stack((torch.full_like(at, part.row), (at + (width - 1) // 2).clamp_max(steps - 1)), dim=-1)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "greedy",
        "x0": (width - 1) / 2,
        "dx": width,
        "y": typed_array(info.greedy.to(torch.int32)),
        "marker": {"color": "#ffffff", "size": 4.5, "line": {"color": "#000000", "width": 1}},
        "customdata": typed_array(places),
        "hovertemplate": "greedy: action %{y}<extra></extra>",
    }


def _cursor(step: int, actions: int) -> dict[str, Any]:
    return {
        "type": "rect",
        "name": "selected",
        "x0": step - 0.5,
        "x1": step + 0.5,
        "y0": -0.5,
        "y1": actions - 0.5,
        "line": {"width": 1.5},
    }


def _note(part: RowInput, info: Scores, height: int, width: int) -> str:
    count = counted(len(part.terms["loss"]), part.unit)
    text = f"sequence {part.row}, {every_one(len(part.terms['loss']), part.unit)}; circles: the greedy next action"
    if (height, width) != (1, 1):
        cell = f"{counted(height, 'action')} x {counted(width, part.unit)}"
        text = f"sequence {part.row}, 1 cell = mean of {cell}; {count} in all; circles: the action greedy most often"
    return f"{text}; {info.bad} left out" if info.bad else text


SCORES_OVER_TIME = Figure(
    name="scores_over_time",
    title="Scores over time",
    doc="By how much each next action leads the others along the sequence, in radians; a click selects a transition.",
    scope="row",
    panel="sequence",
    info=_info,
    draw=_draw,
    terms=("scores", "greedy_action"),
)
