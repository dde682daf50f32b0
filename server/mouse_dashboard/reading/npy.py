"""Read a single array written by numpy.save."""

import ast
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Any, NamedTuple

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, ValidationError

from mouse_dashboard.reading.declared_fields import DeclaredField, check_declared
from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.fields import Fields, FileLimits
from mouse_dashboard.reading.item_types import NUMPY
from mouse_dashboard.reading.safetensors import MAX_DIMS, Size
from mouse_dashboard.reading.snippets import npy_snippet
from mouse_dashboard.reading.writing import BLOCK, write_fields

MAGIC = b"\x93NUMPY"
MAX_HEADER = 1024
"""Bytes of a header; numpy writes 118 for an array of numbers, and evaluating one takes time."""
RESAVE = "save it again with numpy"
COLUMNS = "save each of its columns: numpy.savez('steps.npz', **{name: a[name] for name in a.dtype.names})"
"""For an array of structures."""


class Header(BaseModel):
    """The header literal of an array."""

    model_config = ConfigDict(strict=True, extra="forbid")

    descr: Any
    fortran_order: bool
    shape: Annotated[tuple[Size, ...], Len(max_length=MAX_DIMS)]


class Array(NamedTuple):
    """The declared array, and the size of its header."""

    declared: DeclaredField
    start: int


def read_npy(received: Path, name: str, target: Path, limits: FileLimits, _: object) -> Fields:
    """Write the array as a field named after its file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    size = received.stat().st_size
    field = field_name(name)
    with received.open("rb") as file:
        array = declared_array(file, field, size)
    check_declared([array.declared], size, limits)
    write_fields(target, [(array.declared, _blocks(received, array.start))])
    note = f"An .npy file has no field name: the field is named {field!r}, after the file."
    return Fields(target, (note,), npy_snippet(name, field))


def field_name(file_name: str) -> str:
    """Name an unnamed field after its file, or `array` if that name is not printable."""
    stem = PurePosixPath(file_name).stem
    return stem if stem.isprintable() and stem else "array"


def declared_array(file: IO[bytes], name: str, size: int) -> Array:
    """Read the header of an array in a file or zip member of `size` bytes, and check it against that size.

    Raises:
        ApiError: 422 that says what is wrong.
    """
    header = _header(file, name)
    start = file.tell()
    if header.descr == "|O":
        fix = "give it a type of numbers, such as by numpy.stack of its entries"
        raise invalid_file(f"{quote_name(name)} of Python objects, which are a pickle", "an array of numbers", fix)
    if not isinstance(header.descr, str) or header.descr not in NUMPY:
        raise invalid_file(
            f"{quote_name(name)} of dtype {quote_name(str(header.descr))}",
            "booleans, integers or floats in little-endian order",
            COLUMNS if not isinstance(header.descr, str) else "convert it with .astype",
        )
    declared = DeclaredField(name, NUMPY[header.descr], header.shape)
    if declared.size != size - start:
        raise invalid_file(f"{size - start} bytes in {quote_name(name)}", f"{declared.size} for its shape", RESAVE)
    if header.fortran_order and sum(length > 1 for length in header.shape) > 1:
        raise invalid_file(f"{quote_name(name)} in Fortran order", "C order", "save numpy.ascontiguousarray of it")
    return Array(declared, start)


def _header(file: IO[bytes], name: str) -> Header:
    """Dtype, order and shape as npy version 1.0 writes them: parsed with `literal_eval`, never evaluated."""
    malformed = invalid_file(f"{quote_name(name)} with a malformed header", "an array as numpy writes it", RESAVE)
    start = file.read(10)
    if len(start) < 10 or start[:8] != MAGIC + b"\x01\x00":
        raise malformed
    (length,) = struct.unpack("<H", start[8:])
    text = file.read(length)
    if length > MAX_HEADER or len(text) < length:
        raise malformed
    try:
        header: object = ast.literal_eval(text.decode("latin-1"))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise malformed from error
    try:
        checked = Header.model_validate(header)
    except ValidationError as error:
        raise malformed from error
    return checked


def _blocks(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK):
            yield block
