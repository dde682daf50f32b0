"""Files from strangers: what a file is, is decided by its first bytes, and checked before any library sees the rest."""

import shutil
from pathlib import Path

from server.errors import ApiError
from server.reading.npz import convert_npz
from server.reading.pickled import pickle_found
from server.reading.safetensors import check_safetensors

ZIP = b"PK\x03\x04"
PICKLE = b"\x80"
HEAD_BYTES = 9
ACCEPTED = "expected a .safetensors file written by mouse.batch.save_batch, or an .npz of plain arrays"


def check_format(head: bytes) -> None:
    """Refuse what neither of the readers takes, from the first bytes of a file.

    Raises:
        ApiError: 415 that says what is accepted.
    """
    if head.startswith(ZIP) or head[8:HEAD_BYTES] == b"{":
        return
    if head.startswith(PICKLE):
        raise pickle_found()
    found = "another format" if head else "no bytes"
    raise ApiError(415, "unknown_format", f"file: found {found}, {ACCEPTED}.", "file")


def opened(path: Path, scratch: Path, max_bytes: int) -> Path:
    """Return a checked safetensors file of what a file on this machine holds: itself, or a conversion in `scratch`.

    Raises:
        ApiError: 415 or 422 that says what is wrong with the file.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    check_format(head)
    if not head.startswith(ZIP):
        check_safetensors(path)
        return path
    converted = scratch / "converted.safetensors"
    convert_npz(path, converted, max_bytes)
    return converted


def read_as_safetensors(received: Path, target: Path, max_bytes: int) -> None:
    """Turn a received file into a checked safetensors file at `target`; it is moved or converted.

    Raises:
        ApiError: 415 or 422 that says what is wrong with the file.
    """
    with received.open("rb") as file:
        head = file.read(HEAD_BYTES)
    check_format(head)
    if head.startswith(ZIP):
        convert_npz(received, target, max_bytes)
    else:
        check_safetensors(received)
        shutil.move(received, target)
