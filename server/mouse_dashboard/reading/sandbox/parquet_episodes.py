"""Parquet tables with a row per episode and lists of steps: concatenate the lists."""

import math
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mouse_dashboard.reading.declared_fields import DeclaredField
from mouse_dashboard.reading.sandbox.arrays import rows_at_once
from mouse_dashboard.reading.sandbox.episode_rows import (
    ACTIONS,
    ALL,
    FIRST,
    LAST,
    NUMBER,
    NUMBERED,
    ONE_MORE,
    ONE_VALUE,
    REPEATED,
    REWARDS,
    parts_of,
)
from mouse_dashboard.reading.sandbox.parquet_columns import LENGTHS, Column, Counts, is_list, kind_of
from mouse_dashboard.reading.writing import UnsupportedColumn

pc: Any = import_module("pyarrow.compute")

Steps = NDArray[np.int64]
"""How many of each episode."""


def steps_in(file: Any, values: Counts) -> Steps | None:
    """Tell how many steps each row holds; None where a row is no episode.

    It is one where rewards, or actions where there are none, are lists of lengths that differ, or lists of rewards
    stand beside lists of one state more.
    """
    named = {str(field.name).rsplit(".", 1)[-1]: field for field in file.schema_arrow}
    rewards, actions = ([named[name] for name in known if name in named] for known in (REWARDS, ACTIONS))
    first_column = next(iter(rewards or actions), None)
    if (
        first_column is None
        or not is_list(first_column.type)
        or pa.types.is_fixed_size_list(first_column.type)
        or not file.metadata.num_rows
    ):
        return None
    steps = _lengths(file, str(first_column.name), values)
    if steps is None or (len(set(steps.tolist())) == 1 and not (rewards and _one_more(file, steps, values))):
        return None
    return steps


def episode_columns(file: Any, field: Any, steps: Steps, values: Counts) -> list["EpisodeColumn"]:
    """Tell what becomes of a column: one value is repeated on every row, a state more than steps gives the next one.

    Raises:
        UnsupportedColumn: neither numbers nor text, or no list of as many steps.
    """
    kind, name = kind_of(field), str(field.name)
    if not kind.depth:
        return [EpisodeColumn(file, field, steps, name, REPEATED)]
    parts = parts_of(name, {_more(file, field, steps, values)})
    if not parts:
        raise UnsupportedColumn(name, "lists of other lengths than the steps")
    return [EpisodeColumn(file, field, steps, each, rows) for each, rows in parts]


class EpisodeNumber:
    """The field with the episode number."""

    name, rows, notes = NUMBER, NUMBER, (NUMBERED,)

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.declared = DeclaredField(NUMBER, "I64", (int(steps.sum()),))

    def blocks(self, _file: Any) -> Iterator[bytes]:
        """Yield the data."""
        for number, count in enumerate(self._steps.tolist()):
            yield np.full(count, number, np.int64).tobytes()


class EpisodeColumn(Column):
    """One column of a table of a row per episode, or the part of it that becomes a field."""

    def __init__(self, file: Any, field: Any, steps: Steps, becomes: str, rows: str) -> None:
        super().__init__(field)
        self.rows = rows
        self._steps = steps
        if rows != ALL:
            self.notes[ONE_VALUE if rows == REPEATED else ONE_MORE] = None
        self.declared = DeclaredField(becomes, self.kind.dtype, (int(steps.sum()), *self.row_shape(file)[1:]))

    def blocks(self, file: Any) -> Iterator[bytes]:
        """Yield the data, some episodes at a time."""
        start = 0
        for batch in file.iter_batches(rows_at_once(self.declared.size // len(self._steps)), columns=[self.name]):
            values = batch.column(self.name)
            steps = self._steps[start : start + len(values)]
            start += len(values)
            yield self._rows(values, steps).tobytes()

    def _rows(self, values: Any, steps: Steps) -> NDArray[Any]:
        if self.rows == REPEATED:
            return np.repeat(self.array(values, ()), steps)
        held = steps + (self.rows != ALL)
        lengths: Any = pc.list_value_length(values)
        if lengths.null_count or (lengths.to_numpy() != held).any():
            raise UnsupportedColumn(self.name, LENGTHS)
        inner = self.declared.shape[1:]
        array = self.array(values.flatten(), inner).reshape(-1, *inner)
        mask = np.ones(len(array), np.bool_)
        ends = held.cumsum()
        if self.rows == FIRST:
            mask[ends - 1] = False
        if self.rows == LAST:
            mask[ends - held] = False
        return array[mask]


def _lengths(file: Any, name: str, values: Counts) -> Steps | None:
    """Lengths of a column's lists; None where one is missing."""
    per_row = (values.get((name, 1)) or 0) * 8 // file.metadata.num_rows
    found: list[NDArray[Any]] = []
    for batch in file.iter_batches(rows_at_once(per_row), columns=[name]):
        lengths: Any = pc.list_value_length(batch.column(name))
        if lengths.null_count:
            return None
        found.append(lengths.to_numpy())
    return np.concatenate(found).astype(np.int64)


def _one_more(file: Any, steps: Steps, values: Counts) -> bool:
    """Whether a list holds one entry more than there are steps in each episode."""
    fields = (field for field in file.schema_arrow if is_list(field.type))
    return any(_more(file, field, steps, values) == 1 for field in fields)


def _more(file: Any, field: Any, steps: Steps, values: Counts) -> int:
    """How many entries more than steps the lists have, by the count at the end of the file; 2 for any other number."""
    try:
        column = Column(field)
    except UnsupportedColumn:
        return 2
    inner = math.prod(length or 1 for length in column.row_shape(file)[1:])
    count = values.get((column.name, column.kind.depth))
    empty = int((steps == 0).sum())  # an empty list counts as one value
    total = int(steps.sum())
    if count is None or count == total * inner + empty:
        return 0
    return 1 if count == (total + len(steps)) * inner else 2
