"""Readers of untrusted files: the format is detected by the first bytes and checked before a library sees the rest."""

from pathlib import Path

from mouse_dashboard.reading.cancellation import Cancellation
from mouse_dashboard.reading.fields import Fields, FileLimits, Reader
from mouse_dashboard.reading.formats import (
    HDF5,
    HEAD_BYTES,
    JSON,
    NUMPY,
    PARQUET,
    PICKLE,
    SAFETENSORS,
    ZIP,
    Format,
    format_of,
)
from mouse_dashboard.reading.hdf5_snippet import hdf5_snippet
from mouse_dashboard.reading.npy import read_npy
from mouse_dashboard.reading.pickle_files import is_pickle, pickle_error, read_torch
from mouse_dashboard.reading.safetensors import check_safetensors, read_safetensors
from mouse_dashboard.reading.sandbox.run import sandboxed_reader
from mouse_dashboard.reading.table_snippets import json_snippet, parquet_snippet
from mouse_dashboard.reading.unsupported_formats import is_tfrecord, unknown_format
from mouse_dashboard.reading.zip_files import read_zip

__all__ = ["HEAD_BYTES", "Fields", "FileLimits", "check_format", "read_fields"]

READERS: dict[Format, Reader] = {
    SAFETENSORS: read_safetensors,
    NUMPY: read_npy,
    ZIP: read_zip,
    PARQUET: sandboxed_reader("mouse_dashboard.reading.sandbox.parquet", parquet_snippet),
    HDF5: sandboxed_reader("mouse_dashboard.reading.sandbox.hdf5", hdf5_snippet),
    JSON: sandboxed_reader("mouse_dashboard.reading.sandbox.json_text", json_snippet),
    PICKLE: read_torch,
}


def check_format(head: bytes, limits: FileLimits) -> Format:
    """Detect the format by the first bytes of a file, and refuse unsupported formats.

    Raises:
        ApiError: 415 that says what is accepted.
    """
    found = None if is_tfrecord(head) else format_of(head)
    if (found is None and is_pickle(head)) or (found is PICKLE and not limits.allow_pt):
        raise pickle_error(head)
    if found is None:
        raise unknown_format(head)
    return found


def read_fields(
    received: Path, name: str, scratch: Path, limits: FileLimits, cancellation: Cancellation | None = None
) -> Fields:
    """Read the fields of a file called `name`, into a safetensors file that is itself or a conversion in `scratch`.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong with the file.
        ReadCancelledError: the client disconnected.
    """
    with received.open("rb") as file:
        found = check_format(file.read(HEAD_BYTES), limits)
    fields = READERS[found](received, name, scratch / "converted.safetensors", limits, cancellation or Cancellation())
    check_safetensors(fields.path)
    return fields
