"""Detect what an integer column counts by its values: episodes, steps or environments."""

from typing import cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

Whole = Int[Tensor, " row"]
MOSTLY = 0.95
"""Share of rows in which a counter of steps goes on or begins anew; elsewhere rows are missing."""
ROWS_OF_EPISODE = 4
"""Rows of an episode on average, or rows of several environments take turns."""


def distinct(values: Tensor) -> Tensor:
    """Return the distinct numbers of a column."""
    return cast("Tensor", torch.unique(values))


def runs(values: Tensor) -> Tensor:
    """Return the number of each run of equal rows of a column."""
    return cast("Tensor", torch.unique_consecutive(values))


def counts_rows(values: Whole) -> bool:
    """Whether a column increases by a constant in every row: the writer's own row counter, which proves nothing.

    Example:
        >>> counts_rows(torch.tensor([3, 4, 5]))
        True
    """
    steps = values.diff()
    return bool(len(steps) > 0 and steps[0] != 0 and (steps == steps[0]).all())


def counts_episodes(values: Whole) -> bool:
    """Whether a column numbers episodes: it changes rarely, and no number recurs.

    In a ring buffer that is full, the first and the last rows may be of one episode.

    Example:
        >>> counts_episodes(torch.tensor([7, 7, 7, 2, 2]))
        True
    """
    if not len(values):
        return False
    return in_runs(values) and 2 <= len(runs(values)) <= len(values) / 2


def in_runs(values: Whole) -> bool:
    """Whether equal numbers are contiguous; in a full ring buffer, those at its seam are at both ends.

    Example:
        >>> in_runs(torch.tensor([7, 7, 2, 2, 7]))
        True
    """
    found = runs(values)
    seam = len(found) > 2 and bool(found[0] == found[-1])
    return len(found) == len(distinct(values)) + int(seam)


def counter_restarts(values: Whole) -> Bool[Tensor, " row"] | None:
    """Where an episode number restarts, as when several recordings count their own episodes; None if it does not.

    It goes up from its smallest, by one at a time, through episodes of several rows, and falls to its smallest alone.

    Example:
        >>> counter_restarts(torch.tensor([0] * 5 + [1] * 5 + [0] * 5 + [1] * 5)).nonzero().flatten().tolist()
        [10]
    """
    change = values.diff()
    falls = change < 0
    if not bool(falls.any()) or bool(((change != 0) & (change != 1) & ~falls).any()):
        return None
    lowest = bool((values[1:][falls] == values.min()).all()) and bool(values[0] == values.min())
    long = len(runs(values)) * ROWS_OF_EPISODE <= len(values)
    return torch.cat([falls.new_zeros(1), falls]) if lowest and long else None


def step_size(values: Whole) -> int | None:
    """The increment of a step counter; None if the column is not one.

    It goes up by one number, or begins anew at its smallest; in a few rows it may do neither, where rows are missing.

    Example:
        >>> step_size(torch.tensor([0, 1, 2, 0, 1, 2, 3]))
        1
    """
    change = values.diff()
    up = change[change > 0]
    if not len(up) or counts_rows(values):
        return None
    usual = int(up.mode().values)
    on = change == usual
    anew = (values[1:] == values.min()) & ~on
    fits = int((on | anew).sum()) >= MOSTLY * len(change)
    return usual if fits and bool(anew.any()) and int(on.sum()) * 2 > len(change) else None


def counter_continues(values: Whole) -> Bool[Tensor, " pair"]:
    """Where a step counter continues from a row to the next.

    Shapes: values [N]; result [N-1].

    Example:
        >>> counter_continues(torch.tensor([0, 1, 2, 0, 1])).tolist()
        [True, True, False, True]
    """
    change = values.diff()
    up = change[change > 0]
    return change == (int(up.mode().values) if len(up) else 1)


def period(values: Whole) -> int | None:
    """Period of interleaved environments in rows; None if the column does not number them.

    Example:
        >>> period(torch.tensor([0, 1, 2, 0, 1, 2, 0, 1]))
        3
    """
    begins = (values[1:] == values[:1]) & (values[:-1] != values[:1])
    if not bool(begins.any()):
        return None
    length = int(begins.nonzero()[0, 0]) + 1
    again = bool((values[length:] == values[:-length]).all())
    one_turn = values[:length]
    once = len(runs(one_turn)) == len(distinct(one_turn))
    return length if again and once and 2 * length <= len(values) else None
