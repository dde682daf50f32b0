"""One sequence over time: the terms that make its loss."""

from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import RowInput
from mouse_dashboard.figures.style import BLUE, GREEN, ORANGE
from mouse_dashboard.figures.timeline import Timeline, draw_timeline, timeline

PANELS = (
    ("reward", ("reward",)),
    ("theta (rad)", ("theta",)),
    ("value", ("q_taken", "q_next_max", "td_target")),
    ("td_error", ("td_error",)),
    ("discount", ("discount",)),
    ("cosine", ("cosine",)),
    ("loss", ("loss",)),
)
"""Title and terms of each panel; a loss has those panels of which it has a term."""
COLOURS = {"q_taken": BLUE, "q_next_max": GREEN, "td_target": ORANGE}


def _info(part: RowInput) -> Timeline:
    panels = [(title, {name: part.terms[name] for name in names if name in part.terms}) for title, names in PANELS]
    return timeline(part, [(title, lines) for title, lines in panels if lines])


def _draw(part: RowInput, info: Timeline) -> FigureOutput:
    return draw_timeline(part, info, COLOURS)


SEQUENCE = Figure(
    name="sequence",
    title="Sequence over time",
    doc="The terms that make the loss of the selected sequence; shaded: transitions that end an episode; dotted: the "
    "selected step, a click selects another.",
    scope="row",
    panel="sequence",
    info=_info,
    draw=_draw,
)
