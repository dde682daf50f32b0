"""The share of the loss against the share of the transitions, class by class."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mouse.wording import counted
from mouse_dashboard.compute.slices.grouping import Grouping
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import GREY, ORANGE

MOST_ACTIONS = 18
"""Of more actions only those that carry most are shown."""
MOST_COMBINATIONS = 1 << 16
"""As many as 16 bits can tell apart: a table of their sums costs less than a pass over a million transitions."""
CLASS_HEIGHT = 30
"""Pixels for a class with its two bars."""


@dataclass(frozen=True)
class ClassShare:
    """One class of transitions."""

    slice: str
    """The slice that holds its transitions, as links name it."""
    label: str
    count: int
    transitions: float
    """Share of all transitions."""
    loss: float
    """Share of the loss."""


def _info(part: LossInput) -> list[list[ClassShare]]:
    """Shares of the classes that occur, group by group."""
    if part.no_share:
        return []
    return [shares for together in _together(part.groupings) for shares in _shares(part, together)]


def _together(groupings: Mapping[str, Grouping]) -> list[list[Grouping]]:
    """Groupings whose combinations of classes are few enough to be counted in one pass."""
    gathered: list[list[Grouping]] = [[]]
    for grouping in groupings.values():
        if math.prod(len(other.labels) for other in (grouping, *gathered[-1])) > MOST_COMBINATIONS:
            gathered.append([])
        gathered[-1].append(grouping)
    return gathered


def _shares(part: LossInput, together: list[Grouping]) -> Iterator[list[ClassShare]]:
    """Counts and sums of every combination of classes, then those of each class."""
    sizes = [len(grouping.labels) for grouping in together]
    narrow = np.zeros(part.selection.count, np.uint16)
    for grouping, size in zip(together, sizes, strict=True):
        narrow *= size
        narrow += part.selection.take(grouping.index).numpy().view(np.uint16)
    index, each = narrow.astype(np.int64), math.prod(sizes)
    counts = np.bincount(index, minlength=each).reshape(sizes)
    sums = np.bincount(index, weights=part.sizes.numpy(), minlength=each).reshape(sizes)
    for axis, grouping in enumerate(together):
        others = tuple(other for other in range(len(sizes)) if other != axis)
        yield _classes(part, grouping, counts.sum(axis=others), sums.sum(axis=others))


def _classes(
    part: LossInput, grouping: Grouping, counts: npt.NDArray[np.int64], sums: npt.NDArray[np.float64]
) -> list[ClassShare]:
    return [
        ClassShare(
            f"{grouping.name}:{i}",
            label,
            int(counts[i]),
            int(counts[i]) / part.selection.count,
            float(sums[i] / part.total),
        )
        for i, label in enumerate(grouping.labels)
        if counts[i]
    ]


def _draw(part: LossInput, info: list[list[ClassShare]]) -> FigureOutput:
    if not info:
        return FigureOutput(part.no_share)
    groups = [sorted(group, key=lambda share: -share.loss)[:MOST_ACTIONS] for group in info]
    shown = [[share for share in group if share in most] for group, most in zip(info, groups, strict=True)]
    shares = [share for group in shown for share in group]
    at = [place + 0.6 * number for number, place in _numbered(shown)]  # room between two groups
    data = [
        _bars(part, shares, at) | _lengths(f"of the {part.whole}", [share.loss for share in shares], ORANGE),
        _bars(part, shares, at) | _lengths(f"of {part.unit}s", [share.transitions for share in shares], GREY),
    ]
    layout = {
        "height": 84 + CLASS_HEIGHT * len(shares),
        "barmode": "group",
        "bargap": 0.25,
        "xaxis": {"title": {"text": "share (%)"}, "rangemode": "tozero"},
        "yaxis": {"tickvals": at, "ticktext": [share.label for share in shares], "range": [at[-1] + 0.6, at[0] - 0.6]},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hovermode": "closest",
    }
    return FigureOutput(_note(part, info, shares), data, layout)


def _numbered(groups: list[list[ClassShare]]) -> list[tuple[int, int]]:
    """Number of its group and place among all, of every class."""
    numbers = [number for number, group in enumerate(groups) for _ in group]
    return list(zip(numbers, range(len(numbers)), strict=True))


def _bars(part: LossInput, shares: list[ClassShare], at: list[float]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": at,
        "customdata": [[share.slice, share.label, share.count] for share in shares],
        "hovertemplate": f"%{{customdata[1]}}: %{{customdata[2]:,}} {part.unit}s<br>%{{x:.4g}} % %{{fullData.name}}"
        "<extra>click to make it the slice</extra>",
    }


def _lengths(name: str, shares: list[float], colour: str) -> dict[str, Any]:
    return {"name": name, "x": [100 * share for share in shares], "marker": {"color": colour}}


def _note(part: LossInput, info: list[list[ClassShare]], shown: list[ClassShare]) -> str:
    """The class that carries most beyond its number, and what is not shown."""
    everything = [share for group in info if len(group) > 1 for share in group]
    text = "every transition is of one class"
    if everything:
        top = max(everything, key=lambda share: share.loss - share.transitions)
        text = f"{top.label}: {100 * top.loss:.3g} % of the {part.whole}, {100 * top.transitions:.3g} % of {part.unit}s"
    left = sum(map(len, info)) - len(shown)
    return f"{text}; {counted(left, 'action')} of smaller shares not shown" if left else text


SHARE_BY = Figure(
    name="share_by",
    title="By class",
    doc="Which kinds of transitions carry more of the loss than their number; a click on one makes it the slice.",
    scope="loss",
    panel="origin",
    info=_info,
    draw=_draw,
)
