"""The supported formats: their names and their magic bytes."""

from typing import NamedTuple


class Format(NamedTuple):
    """A supported file format."""

    name: str
    endings: tuple[str, ...]
    """Of file names, to choose by; what a file is, its bytes decide."""


SAFETENSORS = Format("safetensors", (".safetensors",))
NUMPY = Format("NumPy", (".npz", ".npy"))
"""An .npz is a zip."""
ZIP = Format("zipped TensorDict memmap", (".zip",))
PARQUET = Format("Parquet", (".parquet",))
HDF5 = Format("HDF5", (".hdf5", ".h5"))
JSON = Format("JSON", (".json", ".jsonl"))
PICKLE = Format("torch", (".pt", ".pth"))

READ = (SAFETENSORS, NUMPY, ZIP, PARQUET, HDF5, JSON)
"""Without being asked to; PICKLE only where the operator allows it."""
ENDINGS = [ending for form in READ for ending in form.endings]
ACCEPTED = "expected one of " + ", ".join(f"{form.name} ({' '.join(form.endings)})" for form in READ)

HEAD_BYTES = 4096
"""Enough of a file to tell its format, and what wrote a pickle."""
MAGIC = {b"PK\x03\x04": ZIP, b"\x93NUMPY": NUMPY, b"PAR1": PARQUET, b"\x89HDF\r\n\x1a\n": HDF5, b"\x80": PICKLE}


def format_of(head: bytes) -> Format | None:
    """Detect the format by magic bytes; safetensors starts with a length, so it is tried last."""
    if head[4:9] == b"\0\0\0\0{":
        return SAFETENSORS
    for magic, found in MAGIC.items():
        if head.startswith(magic):
            return found
    return JSON if head.lstrip()[:1] in (b"{", b"[") else None
