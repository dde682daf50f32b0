"""Applying a mapping: the fields of a file become `step_stream` and `out`, and every decision a sentence."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

from tensordict import TensorDict
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.fields import OUT, STEP_STREAM
from mouse.mapping.columns import Column, columns_of, find, row_sizes, rows_of
from mouse.mapping.evidence import following
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows, Sequences, in_order, windows
from mouse.mapping.told import told_following, told_rows, told_shift
from mouse.mapping.values import per_row


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

    def batch(self) -> tuple[TensorDict, TensorDict]:
        """Bring every column into the windows: `step_stream` and `out`."""
        groups: dict[str, dict[str, Tensor]] = {STEP_STREAM: {}, OUT: {}}
        for name, column in self.columns.items():
            groups[column.group][name] = self.rows.take(column.values, shifted=column.shifted)
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
        values = rows_of(fields, source, f"mapping.{where}", sizes)
        return per_row(values, f"mapping.{where}", source, notes.append)

    sequences = in_order(mapping, sizes, order_by)
    rows = windows(sequences, mapping)
    done = columns.get("done")
    if mapping.windows == "across":
        _check_ends(sequences, None if done is None else done.values)
    notes += told_rows(sequences, rows, mapping)
    notes += told_shift(columns, rows, sequences)
    followed = following(fields, sequences, None if done is None else done.values, sizes)
    return Plan(columns, rows, (*notes, *told_following(followed)), followed)


def _check_names(fields: Mapped[str, Tensor], mapping: Mapping) -> None:
    """What is said of a field that is not there, or where it means nothing, is a mistake."""
    for where in ("shifted", "left_out"):
        for name in getattr(mapping, where):
            find(fields, name, f"mapping.{where}")
    for where, needed in (("sequence", mapping.layout == "flat"), ("step", mapping.sequence is not None)):
        source = getattr(mapping, where)
        if source is not None and not needed:
            need = "layout flat" if where == "sequence" else "a sequence that it orders"
            raise BatchError(f"mapping.{where}", repr(source[:60]), f"none without {need}", "leave it out")


def _check_ends(sequences: Sequences, done: Tensor | None) -> None:
    """Windows that run on need an end between two sequences, or they would hold steps that nobody took."""
    last = sequences.order[:-1][sequences.first[1:]]
    open_ends = len(last) if done is None else int((done[last] == 0).sum())
    if open_ends:
        raise BatchError(
            "mapping.windows",
            f"{open_ends} of {len(last) + 1} sequences that end without a done",
            "an end of each before windows run across it",
            "map done, or choose windows within sequences",
        )
