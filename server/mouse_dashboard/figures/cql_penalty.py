"""What the CQL part of the loss is made of: the penalty of each transition against the scale that multiplies it."""

from mouse_dashboard.figures.cloud import Cloud, cloud, cloud_note, cloud_traces
from mouse_dashboard.figures.figure import Drawn, Figure
from mouse_dashboard.figures.inputs import LossInput

CQL_OFF = "The CQL penalty is off: cql_weight is 0. Set it above 0 to see what the penalty adds to the loss."
"""What a figure of the penalty says when there is none."""


def _info(part: LossInput) -> Cloud | None:
    return cloud(part, "cql_scale", "cql_penalty") if "cql_penalty" in part.terms else None


def _draw(part: LossInput, info: Cloud | None) -> Drawn:
    if info is None:
        return Drawn(CQL_OFF)
    if not len(info.x):
        return Drawn(cloud_note(part, info))
    across, up = info.edges
    layout = {
        "height": 300,
        "xaxis": {"title": {"text": "cql_scale (scaled reward units)"}, "range": list(across)},
        "yaxis": {"title": {"text": "cql_penalty (scaled reward units)"}, "range": list(up)},
        "showlegend": False,
        "hovermode": "closest",
    }
    return Drawn(cloud_note(part, info), cloud_traces(part, info), layout)


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
