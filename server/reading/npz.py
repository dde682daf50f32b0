"""Turning an .npz of plain arrays into a safetensors file, array by array, without ever holding one in memory."""

import ast
import json
import math
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Annotated, Any, NamedTuple

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, ValidationError

from server.errors import ApiError
from server.reading.pickled import refuse_torch_zip
from server.reading.refusal import broken, shown
from server.reading.safetensors import ITEM_SIZES, MAX_DIMS, MAX_NAME, MAX_TENSORS, Size, check_safetensors

ITEM_TYPES = {
    "|b1": "BOOL", "|u1": "U8", "|i1": "I8", "<u2": "U16", "<i2": "I16", "<u4": "U32", "<i4": "I32",
    "<u8": "U64", "<i8": "I64", "<f2": "F16", "<f4": "F32", "<f8": "F64",
}  # fmt: skip
MAX_INFLATION = 100
MAX_NPY_HEADER = 10_000
SMALL = 16 << 20
BLOCK = 1 << 20
RESAVE = "save it again with numpy.savez(path, reward=reward, ...)"
LOCATOR_SIZE = 20
"""Of a second, 64-bit directory, which would be read instead; files below 4 GiB have none."""
END_RECORD = struct.Struct("<4s4H2IH")


class NpyHeader(BaseModel):
    """The literal at the start of an array."""

    model_config = ConfigDict(strict=True, extra="forbid")

    descr: Any
    fortran_order: bool
    shape: Annotated[tuple[Size, ...], Len(max_length=MAX_DIMS)]


class Array(NamedTuple):
    """One array as its member and its header declare it."""

    info: zipfile.ZipInfo
    name: str
    dtype: str
    shape: list[int]
    size: int


def convert_npz(path: Path, target: Path, max_bytes: int) -> None:
    """Write the arrays of an .npz as a safetensors file; what it declares is checked before anything is inflated.

    Raises:
        ApiError: 422 or 413 that says what is wrong, 415 for a zip that is no .npz.
    """
    refuse_torch_zip(path)
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path.stat().st_size, max_bytes)
            arrays = [_read_header(archive, info) for info in members]
            with target.open("wb") as out:
                _write_header(out, arrays)
                for array in arrays:
                    _copy(archive, array, out)
        check_safetensors(target)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError) as error:
        # ValueError: the zip library tests most of what it reads, but not that names are UTF-8.
        raise broken("a damaged zip", "an .npz as numpy writes it", RESAVE) from error


def _check_directory(path: Path) -> None:
    """The zip library reads the whole list of members at once, so its declared size is checked before."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LOCATOR_SIZE - END_RECORD.size))
        locator, tail = file.read(LOCATOR_SIZE), file.read()
    if len(tail) < END_RECORD.size or not tail.startswith(b"PK\x05\x06") or locator.startswith(b"PK\x06\x07"):
        raise broken("a zip that does not end with its directory", "an .npz as numpy writes it", "send the whole file")
    _, _, _, _, count, length, start, _ = END_RECORD.unpack(tail)
    if count > MAX_TENSORS or start + length + END_RECORD.size != size or length > MAX_TENSORS * (MAX_NAME + 200):
        raise broken(f"a zip directory of {count} members in {length} bytes", f"up to {MAX_TENSORS} arrays", RESAVE)


def _members(archive: zipfile.ZipFile, size: int, max_bytes: int) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    names = [member.filename for member in members]
    if not members or not all(name.endswith(".npy") for name in names):
        raise ApiError(
            415, "unknown_format", "file: found a zip without arrays, expected an .npz of plain arrays.", "file"
        )
    if len(set(names)) != len(names):
        raise broken("two arrays of one name", "distinct names", RESAVE)
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise broken(f"{shown(member.filename)} encrypted or packed unusually", "numpy's own compression", RESAVE)
        if member.header_offset >= size:
            raise broken(f"{shown(member.filename)} outside the file", "every array in it", "send the whole file")
    declared = sum(member.file_size for member in members)
    if declared > max_bytes:
        raise ApiError(
            413, "too_large", f"file: found {declared} bytes unpacked, expected at most {max_bytes}.", "file"
        )
    if declared > max(SMALL, MAX_INFLATION * size):
        raise broken(
            f"{declared} bytes packed into {size}",
            f"at most {MAX_INFLATION} times",
            "use numpy.savez, unpacked",
        )
    return members


def _read_header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    name = info.filename.removesuffix(".npy")
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise broken(f"the array name {shown(name)}", f"1 to {MAX_NAME} printable characters", "rename it")
    with archive.open(info) as member:
        header = _npy_header(member, name)
        header_size = member.tell()
    if not isinstance(header.descr, str) or header.descr not in ITEM_TYPES:
        raise broken(
            f"{shown(name)} of dtype {shown(str(header.descr))}",
            "booleans, integers or floats in little-endian order",
            "convert it with .astype",
        )
    dtype, shape = ITEM_TYPES[header.descr], list(header.shape)
    data_bytes = info.file_size - header_size
    needed = math.prod(shape) * ITEM_SIZES[dtype]
    if needed != data_bytes:
        raise broken(f"{data_bytes} bytes in {shown(name)}", f"{needed} for its shape", RESAVE)
    if header.fortran_order and sum(size > 1 for size in shape) > 1:
        raise broken(f"{shown(name)} in Fortran order", "C order", "save numpy.ascontiguousarray of it")
    return Array(info, name, dtype, shape, data_bytes)


def _npy_header(member: IO[bytes], name: str) -> NpyHeader:
    """Type, order and shape as npy version 1.0 writes them: a short Python literal, evaluated as nothing more."""
    malformed = broken(f"{shown(name)} with a malformed header", "an array as numpy writes it", RESAVE)
    start = member.read(10)
    if len(start) < 10 or start[:8] != b"\x93NUMPY\x01\x00":
        raise malformed
    (length,) = struct.unpack("<H", start[8:])
    text = member.read(length)
    if length > MAX_NPY_HEADER or len(text) < length:
        raise malformed
    try:
        header: object = ast.literal_eval(text.decode("latin-1"))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise malformed from error
    try:
        checked = NpyHeader.model_validate(header)
    except ValidationError as error:
        raise malformed from error
    return checked


def _write_header(out: IO[bytes], arrays: list[Array]) -> None:
    entries: dict[str, object] = {}
    start = 0
    for array in arrays:
        entries[array.name] = {"dtype": array.dtype, "shape": array.shape, "data_offsets": [start, start + array.size]}
        start += array.size
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % 8)
    out.write(struct.pack("<Q", len(header)) + header)


def _copy(archive: zipfile.ZipFile, array: Array, out: IO[bytes]) -> None:
    """Copy the data, at most as much as was declared; the zip's own checksum is tested at its end."""
    with archive.open(array.info) as member:
        _npy_header(member, array.name)
        left = array.size
        while left and (block := member.read(min(BLOCK, left))):
            out.write(block)
            left -= len(block)
        if left or member.read(1):
            raise broken(f"{shown(array.name)} of another length than declared", "as declared", RESAVE)
