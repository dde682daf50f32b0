"""The transitions with the largest loss, with their numbers."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mouse.wording import counted
from mouse_dashboard.compute.batch_loss import TracedLoss
from mouse_dashboard.figures.figure import Column, Figure, FigureOutput, Table
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.schema.numbers import plain

MOST = 20
"""Rows of the table: on a larger batch they are a sample of the worst, which the curve beside it puts into place."""


def worst(values: Tensor, most: int = MOST) -> list[int]:
    """Indices of the largest values: non-finite first, then by size, the first one on ties."""
    if not len(values):
        return []
    finite = bool(values.sum().isfinite())
    key = (values if finite else values.masked_fill(~values.isfinite(), torch.inf)).numpy()
    least = float(torch.from_numpy(key).topk(min(most, len(key))).values[-1])
    above, level = np.flatnonzero(key > least), np.flatnonzero(key == least)
    largest = above[np.argsort(-key[above], kind="stable")]
    return np.concatenate((largest, level[: most - len(above)])).tolist()


def place_columns(unit: str) -> list[Column]:
    """The columns that locate a table row in the batch: an item has no step."""
    if unit == "item":
        return [Column("item", "Row of the batch.")]
    return [Column("sequence", "Row of the batch."), Column(unit, f"{unit.capitalize()} in the sequence.")]


def _info(part: LossInput) -> list[int]:
    return worst(part.sizes)


def _draw(part: LossInput, info: list[int]) -> FigureOutput:
    places = [part.place(index) for index in info]
    apart = {"loss"} | (part.loss.call.unnamed if isinstance(part.loss, TracedLoss) else set[str]())
    terms = [term for term in part.loss.term_infos if term.name in part.terms and term.name not in apart]
    flat = {name: values.flatten()[info] for name, values in part.terms.items()}
    where = place_columns(part.unit)
    columns = [
        *where,
        Column("loss", part.loss.loss_info.doc),
        *([] if part.no_share else [Column("% of loss", f"Its part of the sum of the {part.whole}.")]),
        *(Column(term.name, term.doc) for term in terms),
    ]
    rows: list[list[Any]] = [
        [
            *place[: len(where)],
            plain(flat["loss"][i]),
            *([] if part.no_share else [100 * float(part.sizes[info[i]]) / part.total]),
            *(plain(flat[term.name][i]) for term in terms),
        ]
        for i, place in enumerate(places)
    ]
    return FigureOutput(_note(part, info), table=Table(columns, places, rows))


def _note(part: LossInput, info: list[int]) -> str:
    count = part.values.numel()
    text = f"{len(info):,} of {counted(count, part.unit)}"
    if part.no_share:
        return f"{text}; {part.no_share}"
    return f"{text}, {100 * float(part.sizes[info].double().sum()) / part.total:.3g} % of the {part.whole}"


WORST = Figure(
    name="worst",
    title="Worst transitions",
    doc="The transitions with the largest loss, what is not finite first; a row selects its transition.",
    scope="loss",
    panel="origin",
    info=_info,
    draw=_draw,
)
