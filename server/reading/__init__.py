"""Files from strangers: what a file is, is decided by its first bytes, and checked before any library sees the rest."""

import shutil
from pathlib import Path

from server.errors import ApiError
from server.reading.fields import Fields, Limits
from server.reading.npz import convert_npz
from server.reading.pickled import pickle_found
from server.reading.safetensors import check_safetensors

__all__ = ["HEAD_BYTES", "Fields", "Limits", "check_format", "opened", "read_as_safetensors", "read_fields"]

ZIP = b"PK\x03\x04"
PICKLE = b"\x80"
HEAD_BYTES = 64
ACCEPTED = "expected a .safetensors file written by mouse.batch.save_batch, or an .npz of plain arrays"


def check_format(head: bytes, limits: Limits) -> None:
    """Refuse what no reader takes, from the first bytes of a file.

    Raises:
        ApiError: 415 that says what is accepted.
    """
    del limits
    if head.startswith(ZIP) or head[8:9] == b"{":
        return
    if head.startswith(PICKLE):
        raise pickle_found()
    found = "another format" if head else "no bytes"
    raise ApiError(415, "unknown_format", f"file: found {found}, {ACCEPTED}.", "file")


def read_fields(received: Path, name: str, scratch: Path, limits: Limits) -> Fields:
    """Read the fields of a file called `name`, into a safetensors file that is itself or a conversion in `scratch`.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong with the file.
    """
    with received.open("rb") as file:
        head = file.read(HEAD_BYTES)
    check_format(head, limits)
    if not head.startswith(ZIP):
        check_safetensors(received)
        python = f"from safetensors.torch import load_file\n\nfields = load_file({name!r})"
        return Fields(received, (), python)
    converted = scratch / "converted.safetensors"
    convert_npz(received, converted, limits.max_bytes)
    python = (
        "import numpy as np\nimport torch\n\n"
        f"with np.load({name!r}) as arrays:\n"
        "    fields = {field: torch.from_numpy(arrays[field]) for field in arrays.files}"
    )
    return Fields(converted, (), python)


def opened(path: Path, scratch: Path, limits: Limits) -> Path:
    """Return a checked safetensors file of what a file on this machine holds: itself, or a conversion in `scratch`.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong with the file.
    """
    return read_fields(path, path.name, scratch, limits).path


def read_as_safetensors(received: Path, target: Path, limits: Limits) -> None:
    """Turn a received file into a checked safetensors file at `target`; it is moved or converted.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong with the file.
    """
    shutil.move(read_fields(received, received.name, target.parent, limits).path, target)
