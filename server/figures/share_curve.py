"""How few transitions carry how much of the loss."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from server.figures.figure import Drawn, Figure, plural
from server.figures.palette import BLUE, GREY
from server.figures.parts import LossPart
from server.figures.typed_array import typed_array

POINTS = 200
"""Half of them even in transitions, half even in loss: a curve steep at its start keeps its bend."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ShareCurve:
    """Points of the cumulative share, worst transition first."""

    transitions: Floats
    """Share of the transitions, up to 1."""
    loss: Floats
    """Share of the loss that these carry."""
    places: list[tuple[int, int]]
    """Row and step of the last transition that came in."""
    top: tuple[int, float]
    """How many transitions one percent is, rounded up, and what share of the loss they carry."""


def _info(part: LossPart) -> ShareCurve | None:
    if part.no_share:
        return None
    order = worst_first(part.values)
    carried = np.cumsum(part.values.numpy()[order], dtype=np.float64)
    carried /= carried[-1]
    count = len(order)
    ranks = _shown(carried)
    percent = -(-count // 100)
    places = [part.place(int(order[rank])) for rank in ranks]
    return ShareCurve((ranks + 1) / count, carried[ranks], places, (percent, float(carried[percent - 1])))


def worst_first(values: torch.Tensor) -> npt.NDArray[np.int64]:
    """Indices of finite values, largest first, the first one on ties.

    A float's bits, as an integer, order as the floats do. With the index in the lower half, one sort of integers does,
    a third of the time that sorting floats with their indices takes.
    """
    bits = values.numpy().astype(np.float32).view(np.int32)
    rising = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    packed = (~rising).astype(np.int64) << 32 | np.arange(len(bits))
    packed.sort()
    return packed & 0xFFFFFFFF


def _shown(carried: Floats) -> npt.NDArray[np.int64]:
    count = len(carried)
    if count <= POINTS:
        return np.arange(count)
    half = POINTS // 2
    in_transitions = np.linspace(0, count - 1, half).astype(np.int64)
    in_loss = np.searchsorted(np.maximum.accumulate(carried), np.linspace(0, 1, half)).clip(0, count - 1)
    return np.union1d(in_transitions, in_loss)


def _draw(part: LossPart, info: ShareCurve | None) -> Drawn:
    if info is None:
        return Drawn(part.no_share)
    percent = 100.0
    curve = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": typed_array(torch.from_numpy(info.transitions * percent)),
        "y": typed_array(torch.from_numpy(info.loss * percent)),
        "customdata": info.places,
        "line": {"color": BLUE, "width": 2},
        "marker": {"color": BLUE, "size": 4},
        "hovertemplate": f"the worst %{{x:.3g}} % of {part.unit}s carry %{{y:.4g}} % of the loss<br>"
        f"the last of them: sequence %{{customdata[0]}}, {part.unit} %{{customdata[1]}}<extra></extra>",
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
        "yaxis": {"title": {"text": "share of the loss (%)"}, "range": [-2, 104]},
        "showlegend": False,
        "hovermode": "closest",
    }
    return Drawn(_note(part, info), [even, curve], layout)


def _note(part: LossPart, info: ShareCurve) -> str:
    count, carried = info.top
    total = part.values.numel()
    share = 100 * count / total
    which = f"the worst {count:,} of {plural(total, part.unit)} ({share:.3g} %)"
    if abs(share - 1) < 0.05:
        which = f"the top 1 % of {part.unit}s"
    return f"{which} carry {100 * carried:.3g} % of the loss"


SHARE_CURVE = Figure(
    name="share_curve",
    title="Share of the loss",
    doc="How much of the loss the worst transitions carry together; dotted: if all carried the same.",
    need="loss",
    panel="origin",
    info=_info,
    draw=_draw,
)
