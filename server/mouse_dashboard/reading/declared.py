"""What a file says of its fields, held to the file's size and to the limits before any of their data is read."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mouse_dashboard.reading.errors import broken, quoted
from mouse_dashboard.reading.fields import Limits
from mouse_dashboard.reading.item_types import ITEM_SIZES
from mouse_dashboard.reading.safetensors import MAX_DIMS, MAX_NAME, MAX_TENSORS
from mouse_dashboard.schema.errors import ApiError

MAX_INFLATION = 100
SMALL = 16 << 20
"""What any file may unpack to, however small it is."""


class Declared(NamedTuple):
    """A field before it is read."""

    name: str
    dtype: str
    """In the words of safetensors."""
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of its data."""
        return math.prod(self.shape) * ITEM_SIZES[self.dtype]


def check_declared(fields: Sequence[Declared], packed: int, limits: Limits) -> None:
    """Refuse fields that a file of `packed` bytes should not unpack to.

    Raises:
        ApiError: 413 over the cap, else 422.
    """
    if not 1 <= len(fields) <= MAX_TENSORS:
        found = f"{len(fields) or 'no'} fields of numbers"
        raise broken(found, f"1 to {MAX_TENSORS}", "save its arrays, fewer or stacked")
    check_names(field.name for field in fields)
    for field in fields:
        if len(field.shape) > MAX_DIMS:
            raise broken(f"{quoted(field.name)} of {len(field.shape)} dimensions", f"at most {MAX_DIMS}", "reshape it")
    check_unpacked(sum(field.size for field in fields), packed, limits)


def check_names(names: Iterable[str]) -> None:
    """Refuse names that cannot be shown, and those that stand twice.

    Raises:
        ApiError: 422.
    """
    seen: set[str] = set()
    for name in names:
        if not name or len(name) > MAX_NAME or not name.isprintable() or name == "__metadata__":
            raise broken(f"the field name {quoted(name)}", f"1 to {MAX_NAME} printable characters", "rename it")
        if name in seen:
            raise broken(f"two fields of the name {quoted(name)}", "distinct names", "rename one of them")
        seen.add(name)


def check_unpacked(declared: int, packed: int, limits: Limits) -> None:
    """Refuse what would fill the disk.

    Raises:
        ApiError: 413 over the cap, 422 for a bomb.
    """
    if declared > limits.max_bytes:
        found = f"found {declared} bytes unpacked, expected at most {limits.max_bytes}"
        fix = "save fewer sequences or raise MOUSE_MAX_UPLOAD_BYTES"
        raise ApiError(413, "too_large", f"file: {found}; {fix}.", "file")
    if declared > max(SMALL, MAX_INFLATION * packed):
        raise broken(f"{declared} bytes packed into {packed}", f"at most {MAX_INFLATION} times", "save it unpacked")
