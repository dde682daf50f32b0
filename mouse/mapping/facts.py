"""Facts about the source file of a batch, which differ from facts about the batch's windows."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

from mouse.evidence.counters import distinct
from mouse.mapping.columns import Column
from mouse.mapping.gaps import Gaps
from mouse.mapping.rows import Rows


class FileFacts(NamedTuple):
    """Counts of a file, and how much of it is in the batch."""

    steps: int
    """Rows of the file that hold a step."""
    steps_in_batch: int
    """How many of them lie between two rows of the batch."""
    episodes: int | None
    """Episodes, the last of which may not have ended; None where nothing in the file tells where one ends."""
    ends: int
    """Ends of episodes that the file marks."""
    ends_in_batch: int
    """How many of them lie between two rows of the batch."""


def file_facts(found: Gaps, rows: Rows, columns: Mapped[str, Column], *, has_last_state: bool = False) -> FileFacts:
    """Count the steps, episodes and ends of a file whose rows are in time order.

    With `has_last_state` the last row of each sequence is a state that no step leaves.
    """
    order, first, _apart = found.sequences
    done = columns.get("done")
    begins = first.clone()
    begins[1:] |= found.breaks | found.ended
    ends = inside = 0
    if done is not None:
        ends = int((done.values[order] != 0).sum())
        inside = int((rows.take(done.values, shifted=done.shifted)[:, 1:] != 0).sum())
    known = ends > 0 or int(begins.sum()) > 1
    return FileFacts(
        steps=len(order) - has_last_state * int(first.sum()),
        steps_in_batch=len(distinct(rows.before[:, 1:])),
        episodes=int(begins.sum()) if known else None,
        ends=ends,
        ends_in_batch=inside,
    )
