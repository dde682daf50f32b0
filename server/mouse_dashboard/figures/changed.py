"""The transitions whose loss differs most between the live and the pinned config."""

from typing import Any

from mouse.wording import counted
from mouse_dashboard.figures.figure import Column, Figure, FigureOutput, Table
from mouse_dashboard.figures.inputs import BothInput
from mouse_dashboard.figures.worst import MOST, place_columns, worst
from mouse_dashboard.schema.numbers import plain


def _info(part: BothInput) -> list[int]:
    change = (part.live.values.double() - part.pinned.values.double()).abs()
    same = ~(part.live.values.isfinite() | part.pinned.values.isfinite())  # broken in both ways is no change
    return [index for index in worst(change.masked_fill(same, 0), MOST) if change[index] != 0 and not same[index]]


def _draw(part: BothInput, info: list[int]) -> FigureOutput:
    live, pinned = part.live, part.pinned
    shared = [term for term in live.loss.term_infos if term.name in live.terms and term.name in pinned.terms]
    changed = [term for term in shared if term.name != "loss" and _differs(part, term.name, info)]
    where = place_columns(live.unit)
    columns = [
        *where,
        Column("loss change", "Live minus pinned."),
        Column("loss live", live.loss.loss_info.doc),
        Column("loss pinned", live.loss.loss_info.doc),
    ]
    for term in changed:
        columns += [Column(f"{term.name} {side}", term.doc) for side in ("live", "pinned")]
    places = [live.place(index) for index in info]
    rows: list[list[Any]] = [
        [
            *place[: len(where)],
            float(live.values[index].double() - pinned.values[index].double()),
            plain(live.terms["loss"][index]),
            plain(pinned.terms["loss"][index]),
            *(plain(side.terms[term.name][index]) for term in changed for side in (live, pinned)),
        ]
        for place, index in zip(places, info, strict=True)
    ]
    return FigureOutput(_note(part, info), table=Table(columns, places, rows) if rows else None)


def _differs(part: BothInput, name: str, info: list[int]) -> bool:
    return not part.live.terms[name][info].equal(part.pinned.terms[name][info])


def _note(part: BothInput, info: list[int]) -> str:
    count = part.live.values.numel()
    if not info:
        return f"the loss of {counted(count, part.live.unit)} is the same, live and pinned"
    return f"{len(info):,} of {counted(count, part.live.unit)}, the largest change first"


CHANGED = Figure(
    name="changed",
    title="Changed most",
    doc="The transitions whose loss differs most between live and pinned, with the terms that differ.",
    scope="both",
    panel="changes",
    info=_info,
    draw=_draw,
)
