"""Writing a safetensors file block by block: the library's own writer wants every tensor in memory."""

import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from mouse_dashboard.reading.declared import Declared
from mouse_dashboard.reading.refusal import broken, shown
from mouse_dashboard.reading.safetensors import MAX_HEADER_BYTES

BLOCK = 1 << 20
Blocks = Iterable[bytes | memoryview]


def write_fields(target: Path, fields: Sequence[tuple[Declared, Blocks]]) -> None:
    """Write each field's blocks one after the other; they are held to the size that was declared.

    Raises:
        ApiError: 422, a field's data are of another length.
    """
    with target.open("wb") as out:
        out.write(_header([declared for declared, _ in fields]))
        for declared, blocks in fields:
            left = declared.size
            for block in blocks:
                left -= len(block)
                if left < 0:
                    break
                out.write(block)
            if left:
                raise broken(f"{shown(declared.name)} of another length than declared", "as declared", "save it again")


def _header(fields: Sequence[Declared]) -> bytes:
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
    header += b" " * (-len(header) % 8)
    if len(header) > MAX_HEADER_BYTES:
        raise broken(f"{len(header)} bytes of names", f"at most {MAX_HEADER_BYTES}", "rename the fields")
    return struct.pack("<Q", len(header)) + header
