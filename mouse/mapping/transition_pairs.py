"""The layout `transitions`: each row of a file is an unordered transition, and becomes a pair of its two states."""

from collections.abc import Mapping as Mapped

import torch
from torch import Tensor

from mouse.mapping.columns import Column
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows
from mouse.mapping.target import FIELDS, TARGETS
from mouse.mapping.values import Note
from mouse.transition_batch import TRANSITION_FIELDS, absent_like

TARGET_HEADS = tuple(name for name in TARGETS if name.endswith("_target"))
"""Heads that losses read in the next state alone."""


def pair_rows(order: Tensor) -> Rows:
    """Two rows of the batch for each of these rows of the file: the state that it leaves, and the next one."""
    index = order.unsqueeze(1).expand(-1, 2)
    final = torch.tensor([False, True]).expand_as(index)
    return Rows(index, index.where(final, -1), final)


def pair_columns(columns: Mapped[str, Column], mapping: Mapping, note: Note) -> dict[str, Column]:
    """Columns with what they are in the next state of each row of the file.

    A field that is of the next state, as its name says, such as ``next_obs`` or ``q_next``, or the mapping, becomes
    the second row of the field that it is the next one of. What is not known of a state is as
    `mouse.transitions` has it.
    """
    owner = {column.sources[0]: name for name, column in columns.items() if name not in TRANSITION_FIELDS}
    after = {
        owner[own]: name
        for name, column in columns.items()
        if name not in TARGETS and (own := mapping.state_of(column.sources[0])) in owner
    }
    found: dict[str, Column] = {}
    for name, column in columns.items():
        if name in TRANSITION_FIELDS:
            found[name] = column._replace(shifted=True)
        elif name not in after.values():
            next_state = columns[after[name]] if name in after else None
            found |= _of_state(name, column, next_state, mapping.state_of(column.sources[0]), note)
    return found


def _of_state(name: str, column: Column, next_state: Column | None, own: str | None, note: Note) -> dict[str, Column]:
    """A field of one of the two states, or of both, under its name in the batch; `own`: whose next state it is."""
    if next_state is not None:
        sources = (*column.sources, *next_state.sources)
        if next_state.values.shape != column.values.shape:
            note(f"`{sources[1]}` is dropped: its shape differs from that of `{sources[0]}`.")
            next_state = None
        else:
            return {name: column._replace(sources=sources, shifted=False, next_state=next_state.values)}
    is_known = own is not None and (name in TARGETS or own not in FIELDS)
    if name in TARGET_HEADS and not is_known:
        note(f"`{column.sources[0]}` is read as values of the next state: losses read {name} only there.")
    if is_known or name in TARGET_HEADS:
        name = name if name in TARGETS or own is None else own
        column = column._replace(values=absent_like(name, column.values), next_state=column.values)
    else:
        column = column._replace(next_state=absent_like(name, column.values))
    return {name: column._replace(shifted=False)}
