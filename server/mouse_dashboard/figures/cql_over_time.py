"""The two parts of the loss, and of its gradient, over one sequence."""

from torch import Tensor

from mouse.losses.gradient import length
from mouse_dashboard.figures.cql_penalty import CQL_OFF
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import RowInput
from mouse_dashboard.figures.style import BLUE, ORANGE
from mouse_dashboard.figures.timeline import Timeline, draw_timeline, timeline

COLOURS = {"td_loss": BLUE, "cql_loss": ORANGE, "TD gradient": BLUE, "CQL gradient": ORANGE}


def _info(part: RowInput) -> Timeline | None:
    if "cql_loss" not in part.terms:
        return None
    losses = {name: part.terms[name] for name in ("td_loss", "cql_loss")}
    return timeline(part, [("loss", losses), ("|gradient|", _gradients(part))])


def _gradients(part: RowInput) -> dict[str, Tensor]:
    """Length over all actions of what each part of the loss sends into the head at a step."""
    parts = {"TD gradient": "td_loss", "CQL gradient": "cql_loss"}
    return {name: length(part.gradient(term), -1) for name, term in parts.items()}


def _draw(part: RowInput, info: Timeline | None) -> FigureOutput:
    return FigureOutput(CQL_OFF) if info is None else draw_timeline(part, info, COLOURS, height=130)


CQL_OVER_TIME = Figure(
    name="cql_over_time",
    title="TD and CQL over time",
    doc="What TD and CQL each add to the loss of the selected sequence, and the length of the gradient that each sends "
    "into the values of a step: where CQL is on top, the penalty steers.",
    scope="row",
    panel="cql",
    info=_info,
    draw=_draw,
    terms=("td_loss", "cql_loss"),
)
