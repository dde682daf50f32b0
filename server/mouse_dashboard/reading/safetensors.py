"""Check a safetensors file: every size in its header against the file's size, before the library maps it."""

import json
import math
import os
import struct
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple, NoReturn, cast

from annotated_types import Interval, Len
from pydantic import BaseModel, ConfigDict, ValidationError

from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.fields import Fields, FileLimits
from mouse_dashboard.reading.item_types import ITEM_SIZES
from mouse_dashboard.reading.snippets import safetensors_snippet

MAX_HEADER_BYTES = 4 << 20
MAX_TENSORS = 4096
MAX_NAME = 1024
MAX_DIMS = 16


Size = Annotated[int, Interval(ge=0, lt=1 << 63)]


class Entry(BaseModel):
    """What the header says of one tensor."""

    model_config = ConfigDict(strict=True, extra="forbid")

    dtype: str
    shape: Annotated[list[Size], Len(max_length=MAX_DIMS)]
    data_offsets: Annotated[list[Size], Len(2, 2)]


class Span(NamedTuple):
    """The byte range of a tensor after the header."""

    start: int
    end: int
    name: str


def read_safetensors(received: Path, name: str, _target: Path, _limits: FileLimits, _: object) -> Fields:
    """Return the file itself; `check_safetensors` runs on the output of every reader."""
    return Fields(received, (), safetensors_snippet(name))


def check_safetensors(path: Path) -> None:
    """Check that the header is sane and that the tensors fill the rest of the file without gap or overlap.

    Raises:
        ApiError: 422 that says what is wrong.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        header, start = _read_header(file, size)
    data_bytes = size - start
    fields = {name: entry for name, entry in header.items() if name != "__metadata__"}
    _check_metadata(header.get("__metadata__", {}))
    if not 1 <= len(fields) <= MAX_TENSORS:
        raise invalid_file(f"{len(fields)} tensors", f"1 to {MAX_TENSORS}")
    end = 0
    for span in sorted(_span(name, entry, data_bytes) for name, entry in fields.items()):
        if span.start != end:
            raise invalid_file(
                f"{quote_name(span.name)} at byte {span.start}", f"byte {end}, right after the tensor before it"
            )
        end = span.end
    if end != data_bytes:
        raise invalid_file(f"{data_bytes:,} bytes of data", f"{end:,} as its header says", "send the whole file")


def _read_header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    prefix = file.read(8)
    if len(prefix) < 8:
        raise invalid_file(f"{size} bytes", "a header of at least 8")
    (length,) = struct.unpack("<Q", prefix)
    if length > MAX_HEADER_BYTES:
        raise invalid_file(f"a header of {length} bytes", f"at most {MAX_HEADER_BYTES}")
    if length > size - 8:
        raise invalid_file(f"{size} bytes", f"at least {8 + length} as its header says", "send the whole file")
    try:
        header: object = json.loads(
            file.read(length).decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise invalid_file("a header that is not JSON", "one as safetensors writes it") from error
    if not isinstance(header, dict):
        raise invalid_file("a header that is not an object", "one as safetensors writes it")
    return cast("dict[str, Any]", header), 8 + length


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise invalid_file("two entries of one name in the header", "distinct names")
    return entries


def _no_constant(name: str) -> NoReturn:
    raise invalid_file(f"{name} in the header", "numbers")


def _check_metadata(metadata: object) -> None:
    entries = cast("dict[str, object]", metadata) if isinstance(metadata, dict) else {"": None}
    if not all(isinstance(value, str) for value in entries.values()):
        raise invalid_file("metadata that is not text", "an object of strings")


def _span(name: str, entry: Any, data_bytes: int) -> Span:
    if len(name) > MAX_NAME or not name.isprintable() or not name:
        raise invalid_file(
            f"the field name {quote_name(name)}", f"1 to {MAX_NAME} printable characters", "rename the field"
        )
    try:
        checked = Entry.model_validate(entry)
    except ValidationError as error:
        raise invalid_file(f"{quote_name(name)} with a malformed entry", "dtype, shape and data_offsets") from error
    if checked.dtype not in ITEM_SIZES:
        raise invalid_file(
            f"{quote_name(name)} of dtype {quote_name(checked.dtype)}", f"one of {', '.join(ITEM_SIZES)}", "convert it"
        )
    _check_extent(name, checked.shape, ITEM_SIZES[checked.dtype], data_bytes)
    start, end = checked.data_offsets
    needed = math.prod(checked.shape) * ITEM_SIZES[checked.dtype]
    if end - start != needed:
        raise invalid_file(f"{quote_name(name)} with {end - start} bytes", f"{needed} for its shape")
    return Span(start, end, name)


def _check_extent(name: str, shape: list[int], item_size: int, data_bytes: int) -> None:
    """A tensor fits the data, one with a dimension of size 0 too if that were 1: an empty one must not be a giant."""
    if math.prod(size or 1 for size in shape) * item_size > data_bytes:
        raise invalid_file(
            f"{quote_name(name)} of shape {str(shape)[:60]}, more than the file's {data_bytes:,} bytes of data",
            "a shape that the data fills",
        )
