"""Write a safetensors file block by block: the library's own writer needs every tensor in memory."""

import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from mouse_dashboard.reading.declared_fields import DeclaredField
from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.safetensors import MAX_HEADER_BYTES

BLOCK = 1 << 20
PREFIX = struct.Struct("<Q")
Blocks = Iterable[bytes | memoryview]


class UnsupportedColumn(Exception):  # noqa: N818  no error: the column is left out
    """A column that is not an array, discovered while reading it."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(name)


def write_fields(target: Path, fields: Sequence[tuple[DeclaredField, Blocks]]) -> dict[str, str]:
    """Write each field's blocks one after the other; they are held to the size that was declared.

    Returns:
        Why fields were left out whose blocks raised `UnsupportedColumn`, which may be all. Each is read once,
        whatever becomes of others.

    Raises:
        ApiError: 422, a field's data are of another length.
    """
    unsupported: dict[str, str] = {}
    with target.open("wb") as out:
        out.write(header := _header([declared for declared, _ in fields]))
        for declared, blocks in fields:
            start = out.tell()
            try:
                _write_blocks(out, declared, blocks)
            except UnsupportedColumn as error:
                unsupported[declared.name] = error.reason
                out.seek(start)
                out.truncate()
        if unsupported:
            left = [declared for declared, _ in fields if declared.name not in unsupported]
            out.seek(0)
            out.write(_header(left, len(header)))
    return unsupported


def _write_blocks(out: BinaryIO, declared: DeclaredField, blocks: Blocks) -> None:
    left = declared.size
    for block in blocks:
        left -= len(block)
        if left < 0:
            break
        out.write(block)
    if left:
        raise invalid_file(
            f"{quote_name(declared.name)} of another length than declared", "as declared", "save it again"
        )


def _header(fields: Sequence[DeclaredField], size: int = 0) -> bytes:
    """Name the fields, in no less than `size` bytes."""
    entries: dict[str, object] = {}
    start = 0
    for field in fields:
        entries[field.name] = {
            "dtype": field.dtype,
            "shape": field.shape,
            "data_offsets": [start, start + field.size],
        }
        start += field.size
    header = json.dumps(entries).encode()
    header = header.ljust(max(len(header) + -len(header) % 8, size - PREFIX.size))
    if len(header) > MAX_HEADER_BYTES:
        raise invalid_file(f"{len(header)} bytes of names", f"at most {MAX_HEADER_BYTES}", "rename the fields")
    return PREFIX.pack(len(header)) + header
