"""The online head's prediction against its target."""

import math
from dataclasses import dataclass

from mouse.diagnosis.numbers import variance_ratio
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.scatter import Scatter, make_scatter, scatter_note, scatter_traces


@dataclass(frozen=True)
class Prediction:
    """The pairs, and the unexplained variance of the targets."""

    cloud: Scatter
    residual_variance: float
    """Var(td_target - q_taken) / Var(td_target) over the finite pairs; NaN where the targets do not differ."""


def _info(part: LossInput) -> Prediction:
    info = make_scatter(part, "q_taken", "td_target", square=True)
    error = part.terms["td_error"] if info.indices is None else part.terms["td_error"][info.indices]
    return Prediction(info, variance_ratio(error, info.y))


def _draw(part: LossInput, info: Prediction) -> FigureOutput:
    note = scatter_note(part, info.cloud)
    if not len(info.cloud.x):
        return FigureOutput(note)
    ends = info.cloud.edges[0]
    axis = {"range": list(ends), "constrain": "domain"}
    layout = {
        "height": 340,
        "xaxis": {"title": {"text": "q_taken (scaled reward units)"}, **axis},
        "yaxis": {"title": {"text": "td_target (same units)"}, "scaleanchor": "x", **axis},
        "shapes": [IDENTITY | {"x0": ends[0], "x1": ends[1], "y0": ends[0], "y1": ends[1]}],
        "showlegend": False,
        "hovermode": "closest",
    }
    return FigureOutput(f"{_variance_note(info)}; {note}", scatter_traces(part, info.cloud), layout)


def _variance_note(info: Prediction) -> str:
    ratio = info.residual_variance
    if math.isnan(ratio):
        return "residual variance does not exist: the targets do not differ"
    return f"residual variance Var(td_error) / Var(td_target) = {ratio:.3g}"


IDENTITY = {"type": "line", "name": "identity", "line": {"width": 1, "dash": "dot"}}
"""Where prediction and target agree; in the page's own ink."""

PREDICTION = Figure(
    name="prediction",
    title="Prediction and target",
    doc="q_taken against the td_target it is pulled towards; on the dotted line they agree. A residual variance of 0 "
    "is a perfect fit, one of 1 or more is no better than the mean target.",
    scope="loss",
    panel="spread",
    info=_info,
    draw=_draw,
    terms=("q_taken", "td_target", "td_error"),
)
