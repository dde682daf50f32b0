"""The cumulative share of the loss over transitions, worst first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from mouse.wording import counted
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.order import RISING, Ordered, ordered
from mouse_dashboard.figures.style import BLUE, GREY

POINTS = 200
"""Half of them even in transitions, half even in loss: a curve steep at its start keeps its bend."""
SORTED = 1 << 13
"""Up to so many transitions each can be a point; of more, those whose losses differ by less than 1/128 are one."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ShareCurve:
    """Points of the cumulative share, worst transition first."""

    transitions: Floats
    """Share of the transitions, up to 1."""
    loss: Floats
    """Share of the loss that these carry."""
    places: list[tuple[int, int]]
    """Row and step of a transition among the last that came in."""
    top: tuple[int, float]
    """How many transitions one percent is, rounded up, and what share of the loss they carry."""


def _info(part: LossInput) -> ShareCurve | None:
    if part.no_share:
        return None
    values = part.sizes.numpy()
    order = ordered(part.sizes)
    classes, counts, falling = _classes(part.sizes, order)
    came = counts[falling].cumsum()
    carried = np.bincount(classes, weights=values, minlength=len(counts))[falling].cumsum() / part.total
    shown = _shown(came, carried)
    places = [part.place(index) for index in _one_of_each(falling[shown], classes, len(counts))]
    percent = -(-len(values) // 100)
    return ShareCurve(
        came[shown] / came[-1], carried[shown], places, (percent, _top(values, order, percent) / part.total)
    )


def _classes(values: torch.Tensor, order: Ordered) -> tuple[Integers, Integers, Integers]:
    """Class of each value, how many values each class has, and all classes, that of the largest values first."""
    if len(values) > SORTED:
        return order.classes.astype(np.int64), order.counts[0], RISING[::-1]
    classes, each = np.empty(len(values), np.int64), np.arange(len(values))
    classes[values.argsort(stable=True).numpy()] = each
    return classes, np.ones_like(each), each[::-1]


def _shown(came: Integers, carried: Floats) -> Integers:
    """Ends of classes, of those that have members."""
    ends = np.flatnonzero(came > np.concatenate(([0], came[:-1])))
    if len(ends) <= POINTS:
        return ends
    half = POINTS // 2
    in_transitions = np.searchsorted(came[ends], np.linspace(1, int(came[-1]), half))
    in_loss = np.searchsorted(np.maximum.accumulate(carried[ends]), np.linspace(0, 1, half))
    return ends[np.unique(np.concatenate((in_transitions, in_loss))).clip(0, len(ends) - 1)]


def _one_of_each(wanted: Integers, classes: Integers, number: int) -> list[int]:
    """Index of a value of each wanted class, of `number` classes.

    Of most classes one soon shows up, and only for the others all values are looked at.
    """
    found = np.full(number, -1)
    found[classes[:SORTED]] = np.arange(len(classes[:SORTED]))
    rare = np.zeros(number, np.bool_)
    rare[wanted[found[wanted] < 0]] = True
    if rare.any():
        indices = np.flatnonzero(rare[classes])
        found[classes[indices]] = indices
    return found[wanted].tolist()


def _top(values: npt.NDArray[np.floating], order: Ordered, count: int) -> float:
    """Sum of the largest values: of those above the least of them, and of as many as are level with it."""
    least = order.at([len(values) - count])[0]
    above = values[values > least]
    return float(above.sum(dtype=np.float64)) + (count - len(above)) * least


def _draw(part: LossInput, info: ShareCurve | None) -> FigureOutput:
    if info is None:
        return FigureOutput(part.no_share)
    percent = 100.0
    curve = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": typed_array(torch.from_numpy(info.transitions * percent)),
        "y": typed_array(torch.from_numpy(info.loss * percent)),
        "customdata": info.places,
        "line": {"color": BLUE, "width": 2},
        "marker": {"color": BLUE, "size": 4},
        "hovertemplate": f"the worst %{{x:.3g}} % of {part.unit}s carry %{{y:.4g}} % of the {part.whole}<br>"
        f"among the last of them: sequence %{{customdata[0]}}, {part.unit} %{{customdata[1]}}<extra></extra>",
    }
    even = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 100],
        "y": [0, 100],
        "line": {"color": GREY, "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }
    layout = {
        "height": 300,
        "xaxis": {"title": {"text": f"share of {part.unit}s, worst first (%)"}, "range": [-1, 101]},
        "yaxis": {"title": {"text": f"share of the {part.whole} (%)"}, "range": [-2, 104]},
        "showlegend": False,
        "hovermode": "closest",
    }
    return FigureOutput(_note(part, info), [even, curve], layout)


def _note(part: LossInput, info: ShareCurve) -> str:
    count, carried = info.top
    total = part.values.numel()
    share = 100 * count / total
    which = f"the worst {count:,} of {counted(total, part.unit)} ({share:.3g} %)"
    if abs(share - 1) < 0.05:
        which = f"the top 1 % of {part.unit}s"
    return f"{which} carry {100 * carried:.3g} % of the {part.whole}"


SHARE_CURVE = Figure(
    name="share_curve",
    title="Share of the loss",
    doc="How much of the loss the worst transitions carry together; dotted: if all carried the same.",
    scope="loss",
    panel="origin",
    info=_info,
    draw=_draw,
)
