"""Read a zip: NumPy arrays, a TensorDict's folder, or files of arrays."""

from pathlib import Path

from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.formats import ACCEPTED
from mouse_dashboard.reading.sandbox.checked_zip import open_zip
from mouse_dashboard.reading.sandbox.memmap import is_memmap, read_memmap
from mouse_dashboard.reading.sandbox.npz import is_npz, read_npz
from mouse_dashboard.reading.sandbox.npz_files import npz_files, read_npz_files
from mouse_dashboard.reading.sandbox.parquet_files import parquet_files, read_parquet_files
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.schema.errors import ApiError


def read(received: Path, target: Path, limits: FileLimits) -> ReadSummary:
    """Convert the arrays of a zip of a kind that is known.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong.
    """
    with open_zip(received, limits) as archive:
        if is_npz(archive):
            return read_npz(archive, target, limits)
        if is_memmap(archive):
            return read_memmap(archive, target, limits)
        if npz_files(archive):
            return read_npz_files(archive, target, limits)
        if parquet_files(archive):
            return read_parquet_files(archive, target, limits)
    raise ApiError(415, "unknown_format", f"file: found a zip without arrays, {ACCEPTED}.", "file")
