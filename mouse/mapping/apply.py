"""Applying a mapping: the fields of a file become `step_stream` and `out`, and every decision a sentence."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.errors import BatchError
from mouse.evidence.counters import in_runs
from mouse.losses.fields import OUT, STEP_STREAM
from mouse.mapping.columns import Column, columns_of, find, row_sizes, rows_of
from mouse.mapping.doubts import Doubt, doubts_of
from mouse.mapping.evidence import next_pairs, observation
from mouse.mapping.follow import Gaps, gaps
from mouse.mapping.mapping import Mapping
from mouse.mapping.pairs import paired, two_rows
from mouse.mapping.rows import Rows, in_order
from mouse.mapping.told import told_gaps, told_rows, told_shift, told_transitions
from mouse.mapping.values import per_row
from mouse.mapping.windows import windows


class Plan(NamedTuple):
    """What a mapping makes of a file, before anything large is moved."""

    columns: dict[str, Column]
    """Fields of the batch, by name."""
    rows: Rows
    """Which rows of the file the batch shows."""
    notes: tuple[str, ...]
    """Every decision that was taken, one sentence each."""
    following: tuple[int, int] | None
    """In how many running steps the file's next observation is that of the row after, and in how many it was looked
    for; None where the file does not tell."""
    doubts: tuple[Doubt, ...]
    """What speaks against the file or the mapping, with its rows."""
    gaps: Gaps
    """Where rows of the file do not follow one another."""

    def batch(self) -> tuple[TensorDict, TensorDict]:
        """Bring every column into the windows: `step_stream` and `out`."""
        groups: dict[str, dict[str, Tensor]] = {STEP_STREAM: {}, OUT: {}}
        for name, column in self.columns.items():
            groups[column.group][name] = self.rows.take(
                column.values, shifted=column.shifted, following=column.following
            )
        shape = self.rows.index.shape
        return TensorDict(groups[STEP_STREAM], batch_size=shape), TensorDict(groups[OUT], batch_size=shape)


def apply(fields: Mapped[str, Tensor], mapping: Mapping) -> tuple[TensorDict, TensorDict]:
    """Make `step_stream` and `out` of the fields of a file.

    Fields that belong to a transition are shifted by one where they are stored with the state it leaves; the first row
    of a sequence, which nothing in the file led to, then holds 0 in them. `plan` tells every decision in words.

    Shapes: ``fields`` [B, S, ...], [S, B, ...] or [N, ...], as the mapping's layout says; result [B, S, ...].

    Raises:
        BatchError: (a ValueError) the mapping does not fit the fields; `field` names its part, such as
            ``mapping.fields.reward``.
    """
    return plan(fields, mapping).batch()


def plan(fields: Mapped[str, Tensor], mapping: Mapping) -> Plan:
    """Decide which row and field of a file goes where, reading no more than its scalar columns.

    Raises:
        BatchError: (a ValueError) the mapping does not fit the fields.
    """
    _check_names(fields, mapping)
    notes: list[str] = []
    sizes = row_sizes(fields, mapping)
    columns = columns_of(fields, mapping, sizes, notes.append)

    def order_by(where: str, source: str) -> Tensor:
        values = per_row(rows_of(fields, source, f"mapping.{where}", sizes), f"mapping.{where}", source, notes.append)
        return values.cumsum(0) if where == "sequence" and _begins(values, mapping) else values

    found = gaps(fields, mapping, in_order(mapping, sizes, order_by), sizes, columns)
    if mapping.layout == "transitions":
        columns, rows = paired(columns, notes.append), two_rows(found.sequences.order)
        notes += (*told_gaps(found, mapping), *told_transitions(columns, rows))
        return Plan(columns, rows, tuple(notes), None, (), found)
    rows = windows(found.stretches, mapping)
    if rows.final is not None:
        columns = _followed(fields, mapping, sizes, columns)
    notes += told_gaps(found, mapping)
    notes += told_rows(found, rows, mapping)
    notes += told_shift(columns, rows, found)
    obs = observation(fields, mapping, sizes)
    shown = None if obs is None else rows_of(fields, obs, "", sizes)
    doubts = doubts_of(found, rows, columns, mapping, shown)
    return Plan(columns, rows, tuple(notes), _following(found), doubts, found)


def _begins(values: Tensor, mapping: Mapping) -> bool:
    """Whether a column is no number of sequences, but true where one begins."""
    flag = mapping.step is None and bool(values[0] == 1) and bool(((values == 0) | (values == 1)).all())
    return flag and not in_runs(values) and not bool((values[1:] & values[:-1]).any())


def _following(found: Gaps) -> tuple[int, int] | None:
    running = ~found.sequences.first[1:] & ~found.ended
    if found.followed is None or not bool(running.any()):
        return None
    return int((found.followed.same & running).sum()), int(running.sum())


def _followed(
    fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size, columns: dict[str, Column]
) -> dict[str, Column]:
    """Columns with what they are in the state after each row, as far as that is known."""
    after = {own: fields[name].flatten(0, len(sizes) - 1) for own, name in next_pairs(fields, sizes).items()}
    for name, column in columns.items():
        if {*column.sources} & {mapping.sequence, mapping.environment}:
            after[name] = column.values
        elif name == "time" or mapping.step in column.sources:
            after[name] = column.values + 1
    return {name: column._replace(following=after.get(name)) for name, column in columns.items()}


def _check_names(fields: Mapped[str, Tensor], mapping: Mapping) -> None:
    """What is said of a field that is not there, or where it means nothing, is a mistake."""
    for where in ("shifted", "left_out"):
        for name in getattr(mapping, where):
            find(fields, name, f"mapping.{where}")
    for where in ("environment", "sequence", "step"):
        source = getattr(mapping, where)
        if source is not None and mapping.layout != "flat":
            raise BatchError(f"mapping.{where}", repr(source[:60]), "none without layout flat", "leave it out")
