"""Parquet: numbers, booleans, lists of one length, and text as whole numbers, a column at a time in batches."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mouse_dashboard.reading.confined.answer import Told
from mouse_dashboard.reading.confined.arrays import rows_at_once
from mouse_dashboard.reading.declared import Declared, check_declared, check_names
from mouse_dashboard.reading.fields import Limits
from mouse_dashboard.reading.item_types import NUMPY
from mouse_dashboard.reading.notes import TEXT, Notes
from mouse_dashboard.reading.writing import write_fields

pc: Any = import_module("pyarrow.compute")  # compiled, or made when it is imported: unknown to type checkers
pq: Any = import_module("pyarrow.parquet")


class Unfit(Exception):  # noqa: N818  no error: the column is left out
    """A column turned out, while it was read, not to be an array."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(name)


def read(received: Path, target: Path, limits: Limits) -> Told:
    """Convert the columns of a file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    notes, unfit = Notes(), dict[str, str]()
    with pq.ParquetFile(received) as file:
        check_names(file.schema_arrow.names)
        while True:
            try:
                columns = [_Column(file, field) for field in file.schema_arrow if field.name not in unfit]
                check_declared([column.declared for column in columns], received.stat().st_size, limits)
                write_fields(target, [(column.declared, column.blocks(file)) for column in columns])
                break
            except Unfit as error:
                unfit[error.name] = error.reason
    for name, reason in unfit.items():
        notes.add(f"Left out, {reason}", name)
    for column in columns:
        for what in column.said:
            notes.add(what, column.declared.name)
    return Told(
        notes=notes.told(),
        layout="columns",
        names={column.declared.name: [column.declared.name] for column in columns},
        codes=[column.declared.name for column in columns if column.is_text],
        shapes={column.declared.name: list(column.declared.shape[1:]) for column in columns if column.depth},
    )


class _Column:
    """One column: what it becomes, and what is to be said of it once it was read."""

    def __init__(self, file: Any, field: Any) -> None:
        self.said: dict[str, None] = {}
        self.depth, kind = 0, field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            self.depth, kind = self.depth + 1, kind.value_type
        held = kind.value_type if pa.types.is_dictionary(kind) else kind
        self.is_text = not self.depth and (pa.types.is_string(held) or pa.types.is_large_string(held))
        if self.is_text:
            self.said[TEXT] = None
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            raise Unfit(field.name, f"of type {str(field.type)[:60]}")
        dtype = "I64" if self.is_text else NUMPY[np.dtype(kind.to_pandas_dtype()).str]
        self._is_decimal = pa.types.is_floating(kind)
        self._codes: dict[str, int] = {}
        self.declared = Declared(field.name, dtype, (file.metadata.num_rows, *self._row_shape(file, field.name)))

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
                raise Unfit(self.declared.name, "lists of different lengths")
            values = values.flatten()
        if values.null_count:
            if not self._is_decimal:
                raise Unfit(self.declared.name, "with missing values")
            self.said["Missing values, read as NaN"] = None
        return values.to_numpy(zero_copy_only=False)

    def _coded(self, values: Any) -> NDArray[Any]:
        values = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        if values.null_count:
            raise Unfit(self.declared.name, "with missing values")
        found = values.dictionary_encode()
        codes = [self._codes.setdefault(value, len(self._codes)) for value in found.dictionary.to_pylist()]
        return np.array(codes, np.int64)[found.indices.to_numpy()]
