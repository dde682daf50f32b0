"""Files from strangers: what a file is, is decided by its first bytes, and checked before any library sees the rest."""

from pathlib import Path

from mouse_dashboard.reading.cancellation import Cancellation
from mouse_dashboard.reading.fields import Fields, Limits, Reader
from mouse_dashboard.reading.foreign import is_tfrecord, unknown_format
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
from mouse_dashboard.reading.pickled import is_pickle, pickle_found, read_torch
from mouse_dashboard.reading.safetensors import check_safetensors, read_safetensors
from mouse_dashboard.reading.sandbox.run import sandboxed
from mouse_dashboard.reading.table_snippets import json_snippet, parquet_snippet
from mouse_dashboard.reading.zipped import read_zip

__all__ = ["HEAD_BYTES", "Fields", "Limits", "check_format", "read_fields"]

READERS: dict[Format, Reader] = {
    SAFETENSORS: read_safetensors,
    NUMPY: read_npy,
    ZIP: read_zip,
    PARQUET: sandboxed("mouse_dashboard.reading.sandbox.parquet", parquet_snippet),
    HDF5: sandboxed("mouse_dashboard.reading.sandbox.hdf5", hdf5_snippet),
    JSON: sandboxed("mouse_dashboard.reading.sandbox.json_text", json_snippet),
    PICKLE: read_torch,
}


def check_format(head: bytes, limits: Limits) -> Format:
    """Tell the format by the first bytes of a file, and refuse what no reader takes.

    Raises:
        ApiError: 415 that says what is accepted.
    """
    found = None if is_tfrecord(head) else format_of(head)
    if (found is None and is_pickle(head)) or (found is PICKLE and not limits.allow_pt):
        raise pickle_found(head)
    if found is None:
        raise unknown_format(head)
    return found


def read_fields(
    received: Path, name: str, scratch: Path, limits: Limits, cancellation: Cancellation | None = None
) -> Fields:
    """Read the fields of a file called `name`, into a safetensors file that is itself or a conversion in `scratch`.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong with the file.
        ReadCancelledError: nobody waits for it any more.
    """
    with received.open("rb") as file:
        found = check_format(file.read(HEAD_BYTES), limits)
    fields = READERS[found](received, name, scratch / "converted.safetensors", limits, cancellation or Cancellation())
    check_safetensors(fields.path)
    return fields
