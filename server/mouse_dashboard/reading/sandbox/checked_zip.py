"""Open untrusted zips: check the directory before the library reads it, and declared sizes before inflating."""

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from mouse_dashboard.reading.declared_fields import check_unpacked
from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.safetensors import MAX_NAME, MAX_TENSORS
from mouse_dashboard.reading.writing import BLOCK

LOCATOR_SIZE = 20
"""Of a second, 64-bit directory, which would be read instead; files below 4 GiB have none."""
END_RECORD = struct.Struct("<4s4H2IH")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError)
"""ValueError: the library tests most of what it reads, but not that names are UTF-8."""


@contextmanager
def open_zip(path: Path, limits: FileLimits) -> Generator[zipfile.ZipFile]:
    """Open a zip whose members are plain, of distinct names, inside the file, and unpack to what is allowed.

    Raises:
        ApiError: 413 or 422 that says what is wrong; 422 too for damage found while it is open.
    """
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), path.stat().st_size, limits)
            yield archive
    except DAMAGED as error:
        raise invalid_file("a damaged zip", "one as it was written", "send it again") from error


def ordered_files(archive: zipfile.ZipFile) -> list[str]:
    """Its files in natural order, without the hidden ones that the macOS archiver adds."""
    names = [name for name in archive.namelist() if not name.endswith("/") and "/." not in f"/{name}"]
    return sorted(names, key=lambda name: [part.zfill(20) if part.isdigit() else part for part in _parts(name)])


def member_blocks(archive: zipfile.ZipFile, name: str, skip: int, size: int) -> Iterator[bytes]:
    """Yield `size` bytes of a member behind its first `skip`, and one more if there is; its checksum is tested."""
    with archive.open(name) as member:
        member.read(skip)
        while size and (block := member.read(min(BLOCK, size))):
            yield block
            size -= len(block)
        yield member.read(1)


def packed_size(archive: zipfile.ZipFile) -> int:
    """Bytes of the data in a checked zip, as they are packed."""
    return sum(member.compress_size for member in archive.infolist())


def _parts(name: str) -> list[str]:
    return re.split(r"([0-9]+)", name)


def _check_directory(path: Path) -> None:
    """The library reads the whole list of members at once, so its declared size is checked before."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LOCATOR_SIZE - END_RECORD.size))
        locator, tail = file.read(LOCATOR_SIZE), file.read()
    if len(tail) < END_RECORD.size or not tail.startswith(b"PK\x05\x06") or locator.startswith(b"PK\x06\x07"):
        raise invalid_file("a zip that does not end with its directory", "one as it was written", "send the whole file")
    _, _, _, _, count, length, start, _ = END_RECORD.unpack(tail)
    if count > MAX_TENSORS or start + length + END_RECORD.size != size or length > MAX_TENSORS * (MAX_NAME + 200):
        fix = "save fewer arrays, or stack them"
        raise invalid_file(f"a zip directory of {count} members in {length} bytes", f"up to {MAX_TENSORS} members", fix)


def _check_members(members: list[zipfile.ZipInfo], size: int, limits: FileLimits) -> None:
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise invalid_file("two arrays of one name", "distinct names", "save it again")
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            fix = "zip it plainly or by deflation"
            raise invalid_file(f"{quote_name(member.filename)} encrypted or packed unusually", "a plain zip", fix)
        if member.header_offset >= size:
            raise invalid_file(
                f"{quote_name(member.filename)} outside the file", "every member in it", "send the whole file"
            )
    check_unpacked(sum(member.file_size for member in members), size, limits)
