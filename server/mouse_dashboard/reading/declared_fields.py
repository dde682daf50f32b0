"""Fields as the file's header declares them, checked against the file size and the limits before any data is read."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.item_types import ITEM_SIZES
from mouse_dashboard.reading.safetensors import MAX_DIMS, MAX_NAME, MAX_TENSORS
from mouse_dashboard.schema.errors import ApiError

MAX_INFLATION = 100
SMALL = 16 << 20
"""What any file may unpack to, however small it is."""


class DeclaredField(NamedTuple):
    """A declared field whose data is not read yet."""

    name: str
    dtype: str
    """In the words of safetensors."""
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of its data."""
        return math.prod(self.shape) * ITEM_SIZES[self.dtype]


def check_declared(fields: Sequence[DeclaredField], packed: int, limits: FileLimits) -> None:
    """Refuse fields too large for a file of `packed` bytes.

    Raises:
        ApiError: 413 over the cap, else 422.
    """
    if not 1 <= len(fields) <= MAX_TENSORS:
        found = f"{len(fields) or 'no'} fields of numbers"
        raise invalid_file(found, f"1 to {MAX_TENSORS}", "save its arrays, fewer or stacked")
    check_names(field.name for field in fields)
    for field in fields:
        if len(field.shape) > MAX_DIMS:
            raise invalid_file(
                f"{quote_name(field.name)} of {len(field.shape)} dimensions", f"at most {MAX_DIMS}", "reshape it"
            )
    check_unpacked(sum(field.size for field in fields), packed, limits)


def check_names(names: Iterable[str]) -> None:
    """Refuse unprintable and duplicate names.

    Raises:
        ApiError: 422.
    """
    seen: set[str] = set()
    for name in names:
        if not name or len(name) > MAX_NAME or not name.isprintable() or name == "__metadata__":
            raise invalid_file(
                f"the field name {quote_name(name)}", f"1 to {MAX_NAME} printable characters", "rename it"
            )
        if name in seen:
            raise invalid_file(f"two fields of the name {quote_name(name)}", "distinct names", "rename one of them")
        seen.add(name)


def check_unpacked(declared: int, packed: int, limits: FileLimits) -> None:
    """Refuse an unpacked size that would fill the disk.

    Raises:
        ApiError: 413 over the cap, 422 for a bomb.
    """
    if declared > limits.max_bytes:
        found = f"found {declared} bytes unpacked, expected at most {limits.max_bytes}"
        fix = "save fewer sequences or raise MOUSE_MAX_UPLOAD_BYTES"
        raise ApiError(413, "too_large", f"file: {found}; {fix}.", "file")
    if declared > max(SMALL, MAX_INFLATION * packed):
        raise invalid_file(
            f"{declared} bytes packed into {packed}", f"at most {MAX_INFLATION} times", "save it unpacked"
        )
