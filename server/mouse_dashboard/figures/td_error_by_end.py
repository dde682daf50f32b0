"""The distribution of TD errors by how the transition ends."""

import torch

from mouse_dashboard.figures.class_distributions import Spread, Values, draw_spread, spread
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE, ORANGE, PINK

ENDS = {"running": {"color": BLUE}, "terminal": {"color": ORANGE}, "truncated": {"color": PINK, "dash": "dash"}}
"""By done code."""


def _info(part: LossInput) -> Spread:
    terms = part.terms
    end = terms["terminal"].to(torch.uint8) + 2 * terms["truncated"].to(torch.uint8)
    return spread(Values(tuple(ENDS), floats(terms["td_error"]), end))


def _draw(part: LossInput, info: Spread) -> FigureOutput:
    slices = {name: f"done:{code}" for code, name in enumerate(ENDS)}
    return draw_spread(info, ENDS, part.unit, "td_error (scaled reward units)", slices)


TD_ERROR_BY_END = Figure(
    name="td_error_by_end",
    title="TD error by end",
    doc="How the TD error spreads over transitions that go on, end the episode or are cut off; below: 1 %, half and "
    "99 % of each do not exceed the left end, the dot and the right end.",
    scope="loss",
    panel="spread",
    info=_info,
    draw=_draw,
    terms=("td_error", "terminal", "truncated"),
)
