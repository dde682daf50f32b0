"""Columns of a Parquet file: convert each, reading a batch of rows at a time."""

import math
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mouse_dashboard.reading.declared_fields import DeclaredField
from mouse_dashboard.reading.item_types import NUMPY
from mouse_dashboard.reading.notes import TEXT
from mouse_dashboard.reading.sandbox.arrays import rows_at_once
from mouse_dashboard.reading.writing import UnsupportedColumn

pc: Any = import_module("pyarrow.compute")  # compiled, or made when it is imported: unknown to type checkers

Counts = dict[tuple[str, int], int | None]
LENGTHS = "lists of different lengths"
MISSING = "with missing values"


def values_of(file: Any) -> Counts:
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


class Kind(NamedTuple):
    """The kind of values in a column."""

    depth: int
    """Of lists in lists."""
    dtype: str
    """In the words of safetensors."""
    is_text: bool
    is_decimal: bool


def kind_of(field: Any) -> Kind:
    """Tell what a column holds.

    Raises:
        UnsupportedColumn: neither numbers nor text.
    """
    depth = 0
    kind: Any = field.type
    while is_list(kind):
        depth, kind = depth + 1, kind.value_type
    held: Any = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not depth and (pa.types.is_string(held) or pa.types.is_large_string(held)):
        return Kind(0, "I64", is_text=True, is_decimal=False)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise UnsupportedColumn(field.name, f"of type {str(field.type)[:60]}")
    dtype = NUMPY[np.dtype(cast("type[np.generic]", kind.to_pandas_dtype())).str]
    return Kind(depth, dtype, is_text=False, is_decimal=bool(pa.types.is_floating(kind)))


def is_list(kind: Any) -> bool:
    """Whether a type is one of lists."""
    types = cast("Any", pa.types)
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


class Column:
    """One column, with its note once it is read."""

    def __init__(self, field: Any) -> None:
        self.name = str(field.name)
        self.kind = kind_of(field)
        self.notes: dict[str, None] = {TEXT: None} if self.kind.is_text else {}
        self._codes: dict[str, int] = {}

    def row_shape(self, file: Any) -> list[int]:
        """Lengths of the lists in the first row: those of the others must be the same."""
        shape: list[Any] = []
        for batch in file.iter_batches(1, columns=[self.name]):
            values = batch.column(self.name)
            for _ in range(self.kind.depth):
                shape.append(pc.list_value_length(values)[0].as_py() or 0 if len(values) else 0)
                values = values.flatten()
            return shape
        return [0] * self.kind.depth

    def array(self, values: Any, lengths: tuple[int, ...]) -> NDArray[Any]:
        """Numbers of some rows whose lists have these lengths, or codes of their text.

        Raises:
            UnsupportedColumn: other lengths, or missing values.
        """
        return self._coded(values) if self.kind.is_text else self._numbers(values, lengths)

    def _numbers(self, values: Any, lengths: tuple[int, ...]) -> NDArray[Any]:
        for length in lengths:
            found: Any = pc.list_value_length(values)
            if found.null_count or not pc.all(pc.equal(found, length)).as_py():
                raise UnsupportedColumn(self.name, LENGTHS)
            values = values.flatten()
        if values.null_count:
            if not self.kind.is_decimal:
                raise UnsupportedColumn(self.name, MISSING)
            self.notes["Missing values, read as NaN"] = None
        return values.to_numpy(zero_copy_only=False)

    def _coded(self, values: Any) -> NDArray[Any]:
        values = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        if values.null_count:
            raise UnsupportedColumn(self.name, MISSING)
        found = values.dictionary_encode()
        codes = [self._codes.setdefault(value, len(self._codes)) for value in found.dictionary.to_pylist()]
        return np.array(codes, np.int64)[found.indices.to_numpy()]


class StepColumn(Column):
    """One column of a table of a row per step."""

    rows = ""

    def __init__(self, file: Any, field: Any, values: Counts) -> None:
        super().__init__(field)
        self.declared = DeclaredField(self.name, self.kind.dtype, (file.metadata.num_rows, *self.row_shape(file)))
        expected = math.prod(length or 1 for length in self.declared.shape)
        if (values.get((self.name, self.kind.depth)) or expected) != expected:
            raise UnsupportedColumn(self.name, LENGTHS)

    def blocks(self, file: Any) -> Iterator[bytes]:
        """Yield the data, batch by batch."""
        row_bytes = self.declared.size // max(1, self.declared.shape[0])
        for batch in file.iter_batches(rows_at_once(row_bytes), columns=[self.name]):
            yield self.array(batch.column(self.name), self.declared.shape[1:]).tobytes()
