"""Doubts about a file or its mapping: reported at import, and later as findings of the doctor."""

from collections.abc import Mapping as Mapped
from typing import Literal, NamedTuple, cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.mapping.columns import Column
from mouse.mapping.facts import FileFacts
from mouse.mapping.gaps import Gaps
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows
from mouse.mapping.unmarked_ends import (
    contradicting_steps,
    judged_steps,
    resumed_steps,
    unmarked_limit,
    unmarked_restarts,
)

DoubtId = Literal["rows-apart", "rows-interleaved", "end-goes-on", "ends-unknown", "ends-lost"]
ROWS = "ROWS"
"""Where a message names the rows."""
SHOWN = 3
"""Rows that a sentence names."""
MOST = 1000
"""Rows and places that are kept of a doubt."""
MANY = 3
"""Fewer ends at which observations go on are chance."""
SHARE = 0.2
"""Of all ends; an end may lead to a state that the next episode happens to begin with."""


class Doubt(NamedTuple):
    """One doubt about a file or its mapping."""

    id: DoubtId
    """What kind of thing it is; the doctor's rule of this name explains it."""
    message: str
    """One sentence."""
    rows: tuple[int, ...] = ()
    """Rows of the file, each the first of the two that it is about; none where it is about the whole file."""
    places: tuple[tuple[int, int], ...] = ()
    """Transitions of the batch that are made of them: sequence and step."""


class Addresses(NamedTuple):
    """Where rows are: in the file, and in the batch that was made of it."""

    batch: Rows
    """Which rows the batch shows."""
    first_row: int
    """Row of the file that they count from."""

    def doubt(self, name: DoubtId, message: str, rows: Int[Tensor, " place"]) -> Doubt:
        """Doubt some rows; the message has `ROWS` where it names them."""
        in_file = rows + self.first_row
        inside = torch.isin(self.batch.before[:, 1:], rows).nonzero()[:MOST]
        return Doubt(
            name,
            message.replace(ROWS, _in_file(in_file)),
            tuple(cast("list[int]", in_file[:MOST].tolist())),
            tuple((row, step) for row, step in cast("list[list[int]]", inside.tolist())),
        )


def _in_file(rows: Int[Tensor, " place"]) -> str:
    """The first rows, in words."""
    first = ", ".join(str(row) for row in cast("list[int]", rows[:SHOWN].tolist()))
    more = len(rows) - SHOWN
    return f"row{'s' * (len(rows) > 1)} {first}{f' and {more} more' if more > 0 else ''} of the file"


def order_doubts(
    found: Gaps, at: Addresses, columns: Mapped[str, Column], mapping: Mapping, obs: Tensor | None
) -> list[Doubt]:
    """Gather what speaks against the order of rows; ``obs`` is the file's observation, [N, ...], where one is known."""
    order = found.sequences.order
    doubts: list[Doubt] = []
    apart = order[:-1][found.breaks]
    if len(apart):
        message = (
            f"The next observation of {ROWS} is not the observation of the row after, and no end is marked:"
            " windows are cut there."
        )
        doubts.append(at.doubt("rows-apart", message, apart))
    on = order[:-1][_goes_on(found, mapping, columns)]
    if len(on):
        source = "counter of steps" if mapping.step else "next observation"
        message = (
            f"{len(on):,} of {int(found.ended.sum()):,} ends of episodes are marked where the episode continues, as its"
            f" {source} says: {ROWS}."
        )
        doubts.append(at.doubt("end-goes-on", message, on))
    turns = order[:-1][resumed_steps(found, columns, obs)]
    if len(turns):
        message = (
            f"No step of this world leads from {ROWS} to the row after, which goes on from an earlier row"
            " that was left in the same way: rows of several environments, a few steps of each in turn."
        )
        return [*doubts, at.doubt("rows-interleaved", message, turns)]
    return [*doubts, *_missing_ends(found, at, columns, obs)]


def _missing_ends(found: Gaps, at: Addresses, columns: Mapped[str, Column], obs: Tensor | None) -> list[Doubt]:
    """Rows that go over to another episode without an end."""
    order = found.sequences.order
    doubts: list[Doubt] = []
    judged = None if obs is None else judged_steps(found, columns, obs)
    nothing = order[:0]
    jumped = nothing if judged is None else order[:-1][contradicting_steps(found, judged)]
    if len(jumped) >= MANY:
        message = (
            f"What follows {ROWS} contradicts what the same observation and action lead to everywhere else,"
            " and no end is marked there: an end is missing, or these rows do not follow one another."
        )
        doubts.append(at.doubt("rows-apart", message, jumped))
    begun = nothing if judged is None else order[:-1][unmarked_restarts(found, judged)]
    if len(begun) >= MANY:
        message = (
            f"After {ROWS} the observation jumps to where episodes begin, and no end is marked there: an end"
            " is missing."
        )
        doubts.append(at.doubt("rows-apart", message, begun))
    limit = None if doubts else unmarked_limit(found, obs)
    if limit is not None:
        cut = order[:-1][limit[1]]
        message = (
            f"{limit[0]:,} steps after an episode begins, the next row shows what episodes begin with, which the same"
            f" observations do not lead to at other times, and no end is marked after {ROWS}: a time limit is"
            " missing."
        )
        doubts.append(at.doubt("rows-apart", message, cut))
    return doubts


def _goes_on(found: Gaps, mapping: Mapping, columns: Mapped[str, Column]) -> Bool[Tensor, " pair"]:
    """Ends after which the counter of steps goes on, or next observations do more often than by chance."""
    inside = ~found.sequences.first[1:]
    on = found.ended & inside
    if mapping.step is not None:
        leaves = "done" in columns and columns["done"].shifted
        return on if leaves else on & torch.cat([inside[1:], inside.new_zeros(1)])
    if found.order_evidence is None:
        return torch.zeros_like(on)
    same = on & found.order_evidence.same
    enough = int(same.sum()) >= max(MANY, SHARE * int(found.ended.sum()))
    return same if enough else torch.zeros_like(on)


def end_doubts(found: Gaps, at: Addresses, columns: Mapped[str, Column], facts: FileFacts) -> list[Doubt]:
    """Ends that the file does not tell, or that are in no window."""
    done = columns.get("done")
    gaps = int(found.sequences.first.sum()) - 1 + int(found.breaks.sum())
    if done is None or not facts.ends:
        where = f"any of the {gaps + 1:,} sequences of rows" if gaps else "the file"
        return [Doubt("ends-unknown", f"No field marks the end of an episode in {where}.")]
    if 2 * facts.ends_in_batch >= facts.ends:
        return []
    ends = f"{facts.ends_in_batch:,} of the file's {facts.ends:,} ends of episodes"
    message = f"{ends} are in the batch: windows drop the others."
    order = found.sequences.order
    return [at.doubt("ends-lost", message, order[done.values[order] != 0])]
