"""What speaks against a file or its mapping: said while it is imported, and a finding of the doctor afterwards."""

from collections.abc import Mapping as Mapped
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.mapping.columns import Column
from mouse.mapping.follow import Gaps
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows

DoubtId = Literal["rows-apart", "end-goes-on", "ends-unknown", "ends-lost"]
MANY = 3
"""Fewer ends at which observations go on are chance."""
SHARE = 0.2
"""Of all ends; an end may lead to a state that the next episode happens to begin with."""


class Doubt(NamedTuple):
    """One thing that speaks against a file or its mapping."""

    id: DoubtId
    """What kind of thing it is; the doctor's rule of this name explains it."""
    message: str
    """One sentence."""
    rows: Int[Tensor, " place"]
    """Rows of the file, each the first of the two that it is about; none where it is about the whole file."""

    def places(self, rows: Rows) -> Bool[Tensor, " batch transition"]:
        """Transitions of a batch whose row of the file is one of them."""
        return torch.isin(rows.before[:, 1:], self.rows)


def doubts_of(found: Gaps, rows: Rows, columns: Mapped[str, Column], mapping: Mapping) -> tuple[Doubt, ...]:
    """Gather what speaks against a file or its mapping."""
    order = found.sequences.order
    doubts: list[Doubt] = []
    if bool(found.breaks.any()):
        count = int(found.breaks.sum())
        places = "place" if count == 1 else "places"
        doubts.append(
            Doubt(
                "rows-apart",
                f"In {count} {places} the file's next observation is not the observation of the row after, and no end"
                " is marked: windows are cut there.",
                order[:-1][found.breaks],
            )
        )
    on = _goes_on(found, mapping, columns)
    if bool(on.any()):
        doubts.append(
            Doubt(
                "end-goes-on",
                f"{int(on.sum())} of {int(found.ended.sum())} ends of episodes are marked where the episode goes on, as"
                f" {'its counter of steps' if mapping.step else 'the next observation'} says.",
                order[:-1][on],
            )
        )
    return (*doubts, *_lost(found, rows, columns))


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
    none = torch.zeros(0, dtype=torch.int64)
    done = columns.get("done")
    gaps = int(found.sequences.first.sum()) - 1 + int(found.breaks.sum())
    if done is None or not bool((done.values != 0).any()):
        if done is None and not gaps:
            return []
        said = f"{gaps + 1} sequences of rows" if gaps else "the file"
        return [Doubt("ends-unknown", f"No end of an episode is known: nothing marks one in {said}.", none)]
    codes = done.values[found.sequences.order] != 0
    total, inside = int(codes.sum()), ends_inside(done, rows)
    if 2 * inside >= total:
        return []
    return [
        Doubt(
            "ends-lost",
            f"{inside} of the file's {total} ends of episodes are in the batch: windows leave the others out.",
            found.sequences.order[codes],
        )
    ]


def ends_inside(done: Column, rows: Rows) -> int:
    """How many ends lie between two rows of the batch."""
    return int((rows.take(done.values, shifted=done.shifted)[:, 1:] != 0).sum())
