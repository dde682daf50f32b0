"""The factors of the CQL term: the penalty of each transition against its scale."""

from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.scatter import Scatter, make_scatter, scatter_note, scatter_traces

CQL_OFF = "The CQL penalty is off: cql_weight is 0. Set it above 0 to see what the penalty adds to the loss."
"""What a figure of the penalty says when there is none."""


def _info(part: LossInput) -> Scatter | None:
    return make_scatter(part, "cql_scale", "cql_penalty") if "cql_penalty" in part.terms else None


def _draw(part: LossInput, info: Scatter | None) -> FigureOutput:
    if info is None:
        return FigureOutput(CQL_OFF)
    if not len(info.x):
        return FigureOutput(scatter_note(part, info))
    across, up = info.edges
    layout = {
        "height": 300,
        "xaxis": {"title": {"text": "cql_scale (scaled reward units)"}, "range": list(across)},
        "yaxis": {"title": {"text": "cql_penalty (scaled reward units)"}, "range": list(up)},
        "showlegend": False,
        "hovermode": "closest",
    }
    return FigureOutput(scatter_note(part, info), scatter_traces(part, info), layout)


CQL_PENALTY = Figure(
    name="cql_penalty",
    title="Penalty against scale",
    doc="How far the taken action lies below the soft maximum, against the scale that multiplies it: cql_loss is "
    "cql_weight times their product, so what lies far up and right carries most.",
    scope="loss",
    panel="cql",
    info=_info,
    draw=_draw,
    terms=("cql_penalty", "cql_scale"),
)
