"""Parquet: numbers, booleans, lists of one length, and text as whole numbers; or a row per episode, in lists."""

from importlib import import_module
from pathlib import Path
from typing import Any

from mouse_dashboard.reading.declared_fields import check_declared, check_names
from mouse_dashboard.reading.errors import invalid_file
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.safetensors import MAX_TENSORS
from mouse_dashboard.reading.sandbox.episode_rows import NUMBER
from mouse_dashboard.reading.sandbox.flat_parquet import FlatParquet
from mouse_dashboard.reading.sandbox.parquet_columns import Column, StepColumn, values_of
from mouse_dashboard.reading.sandbox.parquet_episodes import EpisodeColumn, EpisodeNumber, episode_columns, steps_in
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import UnsupportedColumn, write_fields

pq: Any = import_module("pyarrow.parquet")  # made when it is imported: unknown to type checkers

MAX_LEAVES = 4 * MAX_TENSORS
"""Columns of numbers or text in the file, those in structs too."""
MAGICS = (b"PAR1", b"PARE")
"""The last bytes of a Parquet file, and of an encrypted one."""
Columns = list[StepColumn | EpisodeColumn | EpisodeNumber]


def read(received: Path, target: Path, limits: FileLimits) -> ReadSummary:
    """Convert the columns of a file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    _check_whole(received)
    notes, unsupported = Notes(), dict[str, str]()
    with pq.ParquetFile(received) as nested:
        if nested.metadata.num_columns > MAX_LEAVES:
            raise invalid_file(f"{nested.metadata.num_columns} columns", f"at most {MAX_LEAVES}", "save fewer")
        file = FlatParquet(nested)
        check_names(file.schema_arrow.names)
        columns = _columns(file, unsupported)
        if columns:
            check_declared([column.declared for column in columns], received.stat().st_size, limits)
            unsupported |= write_fields(target, [(column.declared, column.blocks(file)) for column in columns])
    columns = [column for column in columns if column.declared.name not in unsupported]
    for name, reason in unsupported.items():
        notes.add(f"Dropped, {reason}", name)
    for column in columns:
        for what in column.notes:
            notes.add(what, column.name)
    read_columns = [column for column in columns if isinstance(column, Column)]
    notes.require(read_columns)
    return ReadSummary(
        notes=notes.sentences(),
        layout="episodes" if any(isinstance(column, EpisodeColumn) for column in columns) else "columns",
        names={column.declared.name: [column.name, column.rows] for column in columns},
        has_structs=file.has_structs,
        codes=[column.declared.name for column in read_columns if column.kind.is_text],
        shapes={column.declared.name: list(column.declared.shape[1:]) for column in read_columns if column.kind.depth},
    )


def _check_whole(received: Path) -> None:
    """Distinguish a truncated file from a damaged one: the footer is written last."""
    with received.open("rb") as file:
        file.seek(-min(received.stat().st_size, 4), 2)
        if file.read() not in MAGICS:
            raise invalid_file("no footer at the end", "one as it was written", "send the whole file")


def _columns(file: Any, unsupported: dict[str, str]) -> Columns:
    values = values_of(file)
    steps = steps_in(file, values)
    columns: Columns = []
    for field in file.schema_arrow:
        try:
            if steps is None:
                columns.append(StepColumn(file, field, values))
            else:
                columns += episode_columns(file, field, steps, values)
        except UnsupportedColumn as error:
            unsupported[field.name] = error.reason
    if steps is not None and columns and NUMBER not in file.schema_arrow.names:
        columns.append(EpisodeNumber(steps))
    return columns
