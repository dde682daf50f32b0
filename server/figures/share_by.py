"""Which kinds of transitions carry the loss: share of the loss against share of the transitions, class by class."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from server.figures.figure import Drawn, Figure
from server.figures.palette import GREY, ORANGE
from server.figures.parts import LossPart

MOST_ACTIONS = 18
"""Of more actions only those that carry most are shown."""
CLASS_HEIGHT = 30
"""Pixels for a class with its two bars."""


@dataclass(frozen=True)
class ClassShare:
    """One class of transitions."""

    label: str
    count: int
    transitions: float
    """Share of all transitions."""
    loss: float
    """Share of the loss."""
    worst: tuple[int, int]
    """Row and step of its worst transition."""


@dataclass(frozen=True)
class Grouping:
    """One way to sort transitions into classes."""

    labels: list[str]
    index: Tensor
    """Class of each transition, flat, int64."""


def _info(part: LossPart) -> list[list[ClassShare]]:
    """Shares of the classes that occur, group by group."""
    if part.no_share:
        return []
    return [_shares(part, grouping) for grouping in groupings(part)]


def groupings(part: LossPart) -> list[Grouping]:
    """Every way that the terms of the loss allow."""
    terms = {name: values.flatten() for name, values in part.terms.items()}
    found: list[Grouping] = []
    if "terminal" in terms and "truncated" in terms:
        index = terms["terminal"].long() + 2 * terms["truncated"].long()
        found.append(Grouping(["running", "terminal", "truncated"], index))
    if "action" in terms:
        index = terms["action"].long()
        found.append(Grouping([f"action {action}" for action in range(int(index.max()) + 1)], index))
    if "reward_raw" in terms:
        reward = terms["reward_raw"]
        index = (reward == 0).long() + 2 * (reward > 0).long() + 3 * reward.isnan().long()
        found.append(Grouping(["reward < 0", "reward = 0", "reward > 0", "reward NaN"], index))
    return found


def _shares(part: LossPart, grouping: Grouping) -> list[ClassShare]:
    values, classes = part.values, len(grouping.labels)
    counts = torch.bincount(grouping.index, minlength=classes)
    sums = torch.bincount(grouping.index, weights=values.double(), minlength=classes)
    most = values.new_full((classes,), -torch.inf).scatter_reduce(0, grouping.index, values, "amax")
    at_most = (values == most[grouping.index]).nonzero().flatten()
    first = torch.full((classes,), len(values)).scatter_reduce(0, grouping.index[at_most], at_most, "amin")
    return [
        ClassShare(
            label, int(counts[i]), int(counts[i]) / len(values), float(sums[i]) / part.total, part.place(int(first[i]))
        )
        for i, label in enumerate(grouping.labels)
        if counts[i]
    ]


def _draw(part: LossPart, info: list[list[ClassShare]]) -> Drawn:
    if not info:
        return Drawn(part.no_share)
    groups = [sorted(group, key=lambda share: -share.loss)[:MOST_ACTIONS] for group in info]
    kept = [[share for share in group if share in most] for group, most in zip(info, groups, strict=True)]
    shares = [share for group in kept for share in group]
    at = [place + 0.6 * number for number, place in _numbered(kept)]  # room between two groups
    data = [
        _bars(part, shares, at) | _lengths("of the loss", [share.loss for share in shares], ORANGE),
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
    return Drawn(_note(part, info, shares), data, layout)


def _numbered(groups: list[list[ClassShare]]) -> list[tuple[int, int]]:
    """Number of its group and place among all, of every class."""
    numbers = [number for number, group in enumerate(groups) for _ in group]
    return list(zip(numbers, range(len(numbers)), strict=True))


def _bars(part: LossPart, shares: list[ClassShare], at: list[float]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": at,
        "customdata": [[*share.worst, share.label, share.count] for share in shares],
        "hovertemplate": f"%{{customdata[2]}}: %{{customdata[3]:,}} {part.unit}s<br>%{{x:.4g}} % %{{fullData.name}}<br>"
        f"its worst: sequence %{{customdata[0]}}, {part.unit} %{{customdata[1]}}<extra></extra>",
    }


def _lengths(name: str, shares: list[float], colour: str) -> dict[str, Any]:
    return {"name": name, "x": [100 * share for share in shares], "marker": {"color": colour}}


def _note(part: LossPart, info: list[list[ClassShare]], shown: list[ClassShare]) -> str:
    """The class that carries most beyond its number, and what is not shown."""
    everything = [share for group in info if len(group) > 1 for share in group]
    text = "every transition is of one class"
    if everything:
        top = max(everything, key=lambda share: share.loss - share.transitions)
        text = f"{top.label}: {100 * top.loss:.3g} % of the loss, {100 * top.transitions:.3g} % of {part.unit}s"
    left = sum(map(len, info)) - len(shown)
    return f"{text}; {left} actions that carry less are not shown" if left else text


SHARE_BY = Figure(
    name="share_by",
    title="By class",
    doc="Which kinds of transitions carry more of the loss than their number; a bar selects the worst of its class.",
    need="loss",
    info=_info,
    draw=_draw,
    one_of=("terminal", "action", "reward_raw"),
)
