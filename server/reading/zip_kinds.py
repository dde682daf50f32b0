"""What a zip is: arrays of numpy, a TensorDict's folder, or what torch.save writes."""

from pathlib import Path

from server.api_error import ApiError
from server.formats import ACCEPTED
from server.reading.fields import Fields, Limits
from server.reading.memmap import is_memmap, read_memmap
from server.reading.npz import is_npz, read_npz
from server.reading.pickled import is_torch_zip, read_torch
from server.reading.zipped import opened_zip


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
