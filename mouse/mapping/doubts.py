"""What speaks against a file or its mapping: said while it is imported, and a finding of the doctor afterwards."""

from collections.abc import Mapping as Mapped
from typing import Literal, NamedTuple, cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.evidence.agreement import codes, disagreement, paired
from mouse.evidence.jumps import jumps
from mouse.mapping.columns import Column
from mouse.mapping.follow import Gaps
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows

DoubtId = Literal["rows-apart", "end-goes-on", "ends-unknown", "ends-lost"]
SHOWN = 3
"""Rows that a sentence names."""
MOST = 1000
"""Rows and places that are kept of a doubt."""
MANY = 3
"""Fewer ends at which observations go on are chance."""
RARE = 0.1
"""Share of steps that contradict others, above which a world is random."""
SHARE = 0.2
"""Of all ends; an end may lead to a state that the next episode happens to begin with."""


class Doubt(NamedTuple):
    """One thing that speaks against a file or its mapping."""

    id: DoubtId
    """What kind of thing it is; the doctor's rule of this name explains it."""
    message: str
    """One sentence."""
    rows: tuple[int, ...] = ()
    """Rows of the file, each the first of the two that it is about; none where it is about the whole file."""
    places: tuple[tuple[int, int], ...] = ()
    """Transitions of the batch that are made of them: sequence and step."""


def doubt(name: DoubtId, message: str, rows: Int[Tensor, " place"], batch: Rows) -> Doubt:
    """Find the places of a doubt in the batch."""
    inside = torch.isin(batch.before[:, 1:], rows).nonzero()[:MOST]
    return Doubt(
        name,
        message,
        tuple(cast("list[int]", rows[:MOST].tolist())),
        tuple((row, step) for row, step in cast("list[list[int]]", inside.tolist())),
    )


def _in_file(rows: Int[Tensor, " place"]) -> str:
    """The first rows, in words."""
    first = ", ".join(str(row) for row in cast("list[int]", rows[:SHOWN].tolist()))
    more = len(rows) - SHOWN
    return f"row{'s' * (len(rows) > 1)} {first}{f' and {more} more' if more > 0 else ''} of the file"


def doubts_of(
    found: Gaps, rows: Rows, columns: Mapped[str, Column], mapping: Mapping, obs: Tensor | None
) -> tuple[Doubt, ...]:
    """Gather what speaks against a file or its mapping; ``obs`` is its observation, [N, ...], where one is known."""
    order = found.sequences.order
    doubts: list[Doubt] = []
    apart = order[:-1][found.breaks]
    if len(apart):
        said = (
            f"The next observation of {_in_file(apart)} is not the observation of the row after, and no end is marked:"
            " windows are cut there."
        )
        doubts.append(doubt("rows-apart", said, apart, rows))
    on = order[:-1][_goes_on(found, mapping, columns)]
    if len(on):
        told = "counter of steps" if mapping.step else "next observation"
        said = (
            f"{len(on)} of {int(found.ended.sum())} ends of episodes are marked where the episode goes on, as its"
            f" {told} says: {_in_file(on)}."
        )
        doubts.append(doubt("end-goes-on", said, on, rows))
    jumped = order[:-1][_jumps(found, columns, obs)]
    if len(jumped) >= MANY:
        said = (
            f"What follows {_in_file(jumped)} contradicts what the same observation and action lead to everywhere else,"
            " and no end is marked there: an end is missing, or these rows do not follow one another."
        )
        doubts.append(doubt("rows-apart", said, jumped, rows))
    return (*doubts, *_lost(found, rows, columns))


def _jumps(found: Gaps, columns: Mapped[str, Column], obs: Tensor | None) -> Bool[Tensor, " pair"]:
    """Running steps unlike all others, in a world that is not random; where next observations tell, they are asked."""
    nothing = torch.zeros_like(found.ended)
    action = columns.get("action")
    if obs is None or action is None or found.followed is not None:
        return nothing
    order = found.sequences.order
    taken = action.values[order]
    running = ~found.sequences.first[1:] & ~found.ended
    steps = (taken[:-1] if action.shifted else taken[1:]).unsqueeze(0)
    seen = jumps(obs[order].unsqueeze(0), steps, running.unsqueeze(0), running.unsqueeze(0))
    if seen is None or seen.sizes is not None or seen.usual > RARE:  # a model of numbers may err at their extremes
        return nothing
    now, after = (codes(each[running]) for each in (obs[order][:-1], obs[order][1:]))
    left = disagreement(paired(now, codes(steps[0][running])), after).nanmean()
    return seen.jumped[0] if float(left) <= RARE else nothing


def _goes_on(found: Gaps, mapping: Mapping, columns: Mapped[str, Column]) -> Bool[Tensor, " pair"]:
    """Ends after which the counter of steps goes on, or next observations do more often than by chance."""
    inside = ~found.sequences.first[1:]
    on = found.ended & inside
    if mapping.step is not None:
        leaves = "done" in columns and columns["done"].shifted
        return on if leaves else on & torch.cat([inside[1:], inside.new_zeros(1)])
    if found.followed is None:
        return torch.zeros_like(on)
    same = on & found.followed.same
    enough = int(same.sum()) >= max(MANY, SHARE * int(found.ended.sum()))
    return same if enough else torch.zeros_like(on)


def _lost(found: Gaps, rows: Rows, columns: Mapped[str, Column]) -> list[Doubt]:
    """Ends that the file does not tell, or that are in no window."""
    done = columns.get("done")
    gaps = int(found.sequences.first.sum()) - 1 + int(found.breaks.sum())
    if done is None or not bool((done.values != 0).any()):
        if done is None and not gaps:
            return []
        where = f"any of the {gaps + 1} sequences of rows" if gaps else "the file"
        return [Doubt("ends-unknown", f"No end of an episode is known: no field marks one in {where}.")]
    order = found.sequences.order
    codes = done.values[order] != 0
    total, inside = int(codes.sum()), ends_inside(done, rows)
    if 2 * inside >= total:
        return []
    said = f"{inside} of the file's {total} ends of episodes are in the batch: windows leave the others out."
    return [doubt("ends-lost", said, order[codes], rows)]


def ends_inside(done: Column, rows: Rows) -> int:
    """How many ends lie between two rows of the batch."""
    return int((rows.take(done.values, shifted=done.shifted)[:, 1:] != 0).sum())
