"""Write NumPy arrays to a safetensors file."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mouse_dashboard.reading.declared_fields import DeclaredField
from mouse_dashboard.reading.item_types import NUMPY
from mouse_dashboard.reading.writing import BLOCK


def declared_array(name: str, array: NDArray[Any]) -> DeclaredField:
    """Say what a field is."""
    return DeclaredField(name, NUMPY[array.dtype.str], array.shape)


def array_blocks(array: NDArray[Any]) -> Iterator[bytes]:
    """Yield the data in C order, in parts along the first dimension."""
    step = rows_at_once(array.nbytes // max(1, len(array)))
    for start in range(0, len(array), step):
        yield np.ascontiguousarray(array[start : start + step]).tobytes()


def rows_at_once(row_bytes: int) -> int:
    """Number of rows that fit into a block."""
    return max(1, BLOCK // max(1, row_bytes))
