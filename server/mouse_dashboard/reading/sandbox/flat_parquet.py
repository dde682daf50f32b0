"""A Parquet file with structs flattened to columns: `next` with `reward` in it gives `next.reward`."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

arrow: Any = pa  # compiled: unknown to type checkers


class FlatParquet:
    """The interface of a file that column readers use."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.metadata, self.schema = file.metadata, file.schema
        nested = file.schema_arrow
        self.has_structs = any(arrow.types.is_struct(field.type) for field in nested)
        self.schema_arrow: Any = _flat(nested.empty_table()).schema if self.has_structs else nested

    def iter_batches(self, rows: int, columns: list[str]) -> Iterator[Any]:
        """Yield rows of some columns, one row group after the other: a reader of all groups holds all that it read."""
        for group in range(self.metadata.num_row_groups):
            for batch in self._file.iter_batches(rows, row_groups=[group], columns=columns):
                table = _flat(arrow.Table.from_batches([batch])) if self.has_structs else None
                yield batch if table is None else table.combine_chunks().to_batches()[0]


def _flat(table: Any) -> Any:
    while any(arrow.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table
