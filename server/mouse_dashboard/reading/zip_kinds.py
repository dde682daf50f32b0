"""What a zip is: arrays of numpy, a TensorDict's folder, or what torch.save writes."""

from pathlib import Path

from mouse_dashboard.reading.fields import Fields, Limits
from mouse_dashboard.reading.formats import ACCEPTED
from mouse_dashboard.reading.memmap import is_memmap, read_memmap
from mouse_dashboard.reading.npz import is_npz, read_npz
from mouse_dashboard.reading.pickled import is_torch_zip, read_torch
from mouse_dashboard.reading.zipped import opened_zip
from mouse_dashboard.schema.errors import ApiError


def read_zip(received: Path, name: str, target: Path, limits: Limits) -> Fields:
    """Read a zip of a kind that is known.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong.
    """
    if is_torch_zip(received):
        return read_torch(received, name, target, limits)
    with opened_zip(received, limits) as archive:
        if is_npz(archive):
            return read_npz(archive, name, target, limits)
        if is_memmap(archive):
            return read_memmap(archive, name, target, limits)
    raise ApiError(415, "unknown_format", f"file: found a zip without arrays, {ACCEPTED}.", "file")
