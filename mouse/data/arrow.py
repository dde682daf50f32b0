"""Steps as rows of Arrow tables: a table, a Parquet file, a Hugging Face dataset. Read window by window."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import pyarrow
import pyarrow.compute
import torch
from jaxtyping import Int
from torch import Tensor

from mouse.data.in_memory import TensorSteps
from mouse.errors import BatchError

pa: Any = pyarrow  # without type stubs; what goes out of this file is typed
pc: Any = pyarrow.compute
ReadRows = Callable[[int, int], Any]
"""The table of the rows from a start to a stop."""


def table_steps(table: Any) -> "ArrowSteps":
    """Rows of a pyarrow Table."""
    return ArrowSteps(
        table.column_names, table.num_rows, lambda start, stop: table.slice(start, stop - start), table.column
    )


def dataset_steps(dataset: Any) -> "ArrowSteps":
    """Rows of a Hugging Face Dataset, in its own order; it stays on the disk where it is mapped from there."""
    rows = dataset.with_format("arrow")
    return ArrowSteps(
        dataset.column_names,
        len(dataset),
        lambda start, stop: rows[start:stop],
        lambda name: dataset.select_columns(name).with_format("arrow")[:].column(name),
    )


class ArrowSteps:
    """Rows that are read when their window is asked for."""

    def __init__(self, names: Sequence[str], length: int, rows: ReadRows, column: Callable[[str], Any]) -> None:
        self.names = tuple(names)
        self._length = length
        self._rows = rows
        self._column = column

    def __len__(self) -> int:
        return self._length

    def windows(self, fields: Iterable[str], starts: Int[Tensor, " batch"], length: int) -> dict[str, Tensor]:
        """Copies of the rows from each start on."""
        firsts = cast("list[int]", starts.tolist())
        table = pa.concat_tables([self._rows(first, first + length) for first in firsts])
        return {name: tensor(name, table.column(name)).unflatten(0, (-1, length)) for name in fields}

    def ids(self, field: str) -> Int[Tensor, " step"]:
        """A whole column of integers; text is numbered by its first occurrence."""
        column = self._column(field)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if _is_text(column.type):
            _check_whole(field, column)
            return tensor(field, pc.index_in(column, value_set=pc.unique(column)))
        return TensorSteps({field: tensor(field, column)}).ids(field)


def tensor(name: str, column: Any) -> Tensor:
    """A column as a tensor of its type; lists of one length become dimensions.

    Raises:
        BatchError: (a ValueError) a value is missing, lists differ in length, or it holds no numbers.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    _check_whole(name, array)
    if isinstance(array.type, pa.ExtensionType):
        return tensor(name, array.storage)
    if pa.types.is_dictionary(array.type):
        return tensor(name, array.dictionary_decode())
    if _is_list(array.type):
        inner = tensor(name, array.flatten())
        return inner.reshape(len(array), _list_size(name, array), *inner.shape[1:])
    if not (pa.types.is_boolean(array.type) or pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
        raise BatchError(
            f"steps.{name}", f"a column of {array.type}", "numbers, booleans or lists of them", "leave it out by fields"
        )
    return torch.tensor(array.to_numpy(zero_copy_only=False))


def _check_whole(name: str, values: Any) -> None:
    if values.null_count:
        raise BatchError(f"steps.{name}", f"{values.null_count} missing values", "none", "fill or drop them")


def _is_text(kind: Any) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_list(kind: Any) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _list_size(name: str, array: Any) -> int:
    if pa.types.is_fixed_size_list(array.type):
        return array.type.list_size
    low, high = pc.min_max(pc.list_value_length(array)).as_py().values()
    if low != high:
        raise BatchError(f"steps.{name}", f"lists of {low} to {high} entries", "lists of one length", "pad them")
    return low or 0
