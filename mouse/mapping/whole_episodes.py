"""Ends that are told of each episode as a whole, in every one of its rows: they belong to the last one."""

from collections.abc import Callable

import torch
from torch import Tensor

from mouse.mapping.columns import Column
from mouse.mapping.rows import Sequences
from mouse.wording import listed

WHOLE = "Every row of an episode holds the same {names}, how the episode ended: its last row alone is an end."


def ends_in_last_rows(
    columns: dict[str, Column], sequences: Sequences, note: Callable[[str], None]
) -> dict[str, Column]:
    """Keep the end of an episode in its last row, where every row of an episode holds the same.

    An ordinary flag differs within any episode of two steps that it ends.
    """
    done = columns.get("done")
    if done is None or int(sequences.first.sum()) < 2:
        return columns
    order, first = sequences.order, sequences.first
    code = done.values[order]
    last = torch.cat([first[1:], first.new_ones(1)])
    inside = ~first[1:]
    whole = inside & (code[1:] != 0)
    if not bool(whole.any()) or bool((inside & (code[1:] != code[:-1])).any()):
        return columns
    note(WHOLE.format(names=listed([f"`{name}`" for name in done.sources], "")))
    values: Tensor = torch.zeros_like(done.values)
    values[order[last]] = code[last]
    return columns | {"done": done._replace(values=values)}
