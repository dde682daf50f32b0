"""Read a zip: a torch.save file, which is a pickle, or arrays, which a sandboxed process tells apart."""

from pathlib import Path

from mouse_dashboard.reading.cancellation import Cancellation
from mouse_dashboard.reading.fields import Fields, FileLimits
from mouse_dashboard.reading.pickle_files import is_torch_zip, read_torch
from mouse_dashboard.reading.sandbox.run import sandboxed_reader
from mouse_dashboard.reading.snippets import zip_snippet

_read_arrays = sandboxed_reader("mouse_dashboard.reading.sandbox.zip_file", zip_snippet)


def read_zip(received: Path, name: str, target: Path, limits: FileLimits, cancellation: Cancellation) -> Fields:
    """Read a zip of a kind that is known.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong.
    """
    read = read_torch if is_torch_zip(received) else _read_arrays
    return read(received, name, target, limits, cancellation)
