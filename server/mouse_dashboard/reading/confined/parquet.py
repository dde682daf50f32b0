"""Parquet: numbers, booleans, lists of one length, and text as whole numbers, a column at a time in batches."""

import math
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mouse_dashboard.reading.confined.arrays import rows_at_once
from mouse_dashboard.reading.confined.worker_result import ReadSummary
from mouse_dashboard.reading.declared import Declared, check_declared, check_names
from mouse_dashboard.reading.fields import Limits
from mouse_dashboard.reading.item_types import NUMPY
from mouse_dashboard.reading.notes import TEXT, Notes
from mouse_dashboard.reading.refusal import broken
from mouse_dashboard.reading.safetensors import MAX_TENSORS
from mouse_dashboard.reading.writing import UnsupportedColumn, write_fields

pc: Any = import_module("pyarrow.compute")  # compiled, or made when it is imported: unknown to type checkers
pq: Any = import_module("pyarrow.parquet")

MAX_LEAVES = 4 * MAX_TENSORS
"""Columns of numbers or text in the file, those in structs too."""


def read(received: Path, target: Path, limits: Limits) -> ReadSummary:
    """Convert the columns of a file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    notes, unsupported, columns = Notes(), dict[str, str](), list[_Column]()
    with pq.ParquetFile(received) as file:
        if file.metadata.num_columns > MAX_LEAVES:
            raise broken(f"{file.metadata.num_columns} columns", f"at most {MAX_LEAVES}", "save fewer")
        check_names(file.schema_arrow.names)
        values = _values_of(file)
        for field in file.schema_arrow:
            try:
                columns.append(_Column(file, field, values))
            except UnsupportedColumn as error:
                unsupported[field.name] = error.reason
        check_declared([column.declared for column in columns], received.stat().st_size, limits)
        unsupported |= write_fields(target, [(column.declared, column.blocks(file)) for column in columns])
        columns = [column for column in columns if column.declared.name not in unsupported]
    for name, reason in unsupported.items():
        notes.add(f"Left out, {reason}", name)
    for column in columns:
        for what in column.said:
            notes.add(what, column.declared.name)
    return ReadSummary(
        notes=notes.sentences(),
        layout="columns",
        names={column.declared.name: [column.declared.name] for column in columns},
        codes=[column.declared.name for column in columns if column.is_text],
        shapes={column.declared.name: list(column.declared.shape[1:]) for column in columns if column.depth},
    )


def _values_of(file: Any) -> dict[tuple[str, int], int | None]:
    """How many values a list column has by its name and depth, as the end of the file tells without any being read.

    An empty list counts as one. None where names with dots make a column's own uncertain.
    """
    counts: dict[tuple[str, int], int | None] = {}
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    for index in range(file.metadata.num_columns):
        *parts, _, _ = ("", "", *file.schema.column(index).path.split("."))  # a list adds two parts to a name
        if len(parts) > 2:
            total = sum(group.column(index).num_values for group in groups)
            for depth in range(1, (len(parts) - 1) // 2 + 1):
                key = ".".join(parts[2 : len(parts) - 2 * (depth - 1)]), depth
                counts[key] = None if key in counts else total
    return counts


class _Column:
    """One column: what it becomes, and what is to be said of it once it was read."""

    def __init__(self, file: Any, field: Any, values: dict[tuple[str, int], int | None]) -> None:
        self.said: dict[str, None] = {}
        self.depth, kind = 0, field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            self.depth, kind = self.depth + 1, kind.value_type
        held = kind.value_type if pa.types.is_dictionary(kind) else kind
        self.is_text = not self.depth and (pa.types.is_string(held) or pa.types.is_large_string(held))
        if self.is_text:
            self.said[TEXT] = None
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            raise UnsupportedColumn(field.name, f"of type {str(field.type)[:60]}")
        dtype = "I64" if self.is_text else NUMPY[np.dtype(kind.to_pandas_dtype()).str]
        self._is_decimal = pa.types.is_floating(kind)
        self._codes: dict[str, int] = {}
        self.declared = Declared(field.name, dtype, (file.metadata.num_rows, *self._row_shape(file, field.name)))
        expected = math.prod(length or 1 for length in self.declared.shape)
        if (values.get((field.name, self.depth)) or expected) != expected:
            raise UnsupportedColumn(field.name, "lists of different lengths")

    def blocks(self, file: Any) -> Iterator[bytes]:
        """Yield the data, batch by batch."""
        row_bytes = self.declared.size // max(1, self.declared.shape[0])
        for batch in file.iter_batches(rows_at_once(row_bytes), columns=[self.declared.name]):
            values = batch.column(self.declared.name)
            yield (self._coded(values) if self.is_text else self._numbers(values)).tobytes()

    def _row_shape(self, file: Any, name: str) -> list[int]:
        """Lengths of the lists in the first row: those of the others must be the same."""
        shape: list[Any] = []
        for batch in file.iter_batches(1, columns=[name]):
            values = batch.column(name)
            for _ in range(self.depth):
                shape.append(pc.list_value_length(values)[0].as_py() or 0 if len(values) else 0)
                values = values.flatten()
            return shape
        return [0] * self.depth

    def _numbers(self, values: Any) -> NDArray[Any]:
        for length in self.declared.shape[1:]:
            lengths: Any = pc.list_value_length(values)
            if lengths.null_count or not pc.all(pc.equal(lengths, length)).as_py():
                raise UnsupportedColumn(self.declared.name, "lists of different lengths")
            values = values.flatten()
        if values.null_count:
            if not self._is_decimal:
                raise UnsupportedColumn(self.declared.name, "with missing values")
            self.said["Missing values, read as NaN"] = None
        return values.to_numpy(zero_copy_only=False)

    def _coded(self, values: Any) -> NDArray[Any]:
        values = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        if values.null_count:
            raise UnsupportedColumn(self.declared.name, "with missing values")
        found = values.dictionary_encode()
        codes = [self._codes.setdefault(value, len(self._codes)) for value in found.dictionary.to_pylist()]
        return np.array(codes, np.int64)[found.indices.to_numpy()]
