"""A zip of Parquet files, such as a LeRobot folder: rows are concatenated in order of the file names."""

import shutil
from importlib import import_module
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.sandbox import parquet
from mouse_dashboard.reading.sandbox.checked_zip import ordered_files
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import BLOCK

pq: Any = import_module("pyarrow.parquet")

SUFFIX = ".parquet"
DATA = "data"
"""The folder of the steps, where others beside it hold tables about them."""


def parquet_files(archive: ZipFile) -> list[str]:
    """The tables of steps in a zip, by name; those in a folder `data` where there is one."""
    names = [name for name in ordered_files(archive) if name.endswith(SUFFIX)]
    return [name for name in names if DATA in PurePosixPath(name).parts[:-1]] or names


def read_parquet_files(archive: ZipFile, target: Path, limits: FileLimits) -> ReadSummary:
    """Read all files as one.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    names = parquet_files(archive)
    with TemporaryDirectory(dir=target.parent) as folder:
        joined, part = Path(folder, "joined"), Path(folder, "part")
        with archive.open(names[0]) as member, part.open("wb") as file:
            shutil.copyfileobj(member, file, BLOCK)
        schema = pq.read_schema(part).remove_metadata()
        with pq.ParquetWriter(joined, schema) as writer:
            for name in names:
                with archive.open(name) as member, part.open("wb") as file:
                    shutil.copyfileobj(member, file, BLOCK)
                with pq.ParquetFile(part) as table:
                    if not table.schema_arrow.remove_metadata().equals(schema):
                        raise invalid_file(
                            f"{quote_name(name)} with other columns than {quote_name(names[0])}",
                            "Parquet files of the same columns",
                            "put the files of one table in a folder of their own",
                        )
                    for batch in table.iter_batches():
                        writer.write_batch(batch.replace_schema_metadata(None))
        found = parquet.read(joined, target, limits)
    notes = [f"{len(names)} Parquet files are read as one table, in order of their names.", *found.notes]
    return found.model_copy(update={"notes": notes})
