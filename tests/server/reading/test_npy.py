"""An .npy is one array, named after its file."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouse_dashboard.reading.npy import MAX_HEADER
from tests.server.reading.reading import lists, read, refused, tensors


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8"])
def test_an_array_comes_out_bit_for_bit(dtype: str, tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 256, 1_200_000 * np.dtype(dtype).itemsize, np.uint8)
    array = (array % 2).view(dtype) if dtype == "?" else array.view(dtype)
    found = tensors(read(tmp_path, npy(array.reshape(3, -1)), "obs.npy"))["obs"]
    assert (found.shape, found.numpy().tobytes()) == ((3, 400_000), array.tobytes())


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("rewards.npy", "rewards"),
        ("a.b.npy", "a.b"),
        ("../up.npy", "up"),
        ("plain", "plain"),
        ("\u202egnp.npy", "array"),
    ],
)
def test_the_field_is_called_after_the_file_and_it_is_said(file: str, field: str, tmp_path: Path) -> None:
    found = read(tmp_path, npy(np.arange(3)), file)
    assert list(tensors(found)) == [field]
    assert found.notes == (f"An .npy file has no field name: the field is named {field!r}, after the file.",)


@pytest.mark.parametrize("shape", [(), (1,), (2, 1, 3)])
def test_shapes_at_the_edge_are_kept(shape: tuple[int, ...], tmp_path: Path) -> None:
    assert lists(tmp_path, npy(np.full(shape, 7)), "x.npy") == {"x": np.full(shape, 7).tolist()}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npy(np.zeros(4))[:-1], "31 bytes in 'file', expected 32 for its shape"),
        (npy(np.zeros(4)) + b"x", "33 bytes in 'file', expected 32 for its shape"),
        (npy(np.array([("a", 1)], dtype="U1,i4")), "{name: a[name] for name in a.dtype.names}"),
        (npy(np.zeros(2, ">f4")), "'>f4', expected booleans, integers or floats in little-endian order"),
        (npy(np.zeros(2, np.complex64)), "'<c8'"),
        (npy(np.asfortranarray(np.zeros((2, 3)))), "in Fortran order"),
        (b"\x93NUMPY\x03\x00" + bytes(20), "malformed header"),
        (b"\x93NUMPY", "malformed header"),
    ],
)
def test_a_broken_array_is_told_apart(content: bytes, said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path, content)


def with_header(size: int) -> bytes:
    """One number behind a header that is filled up to a size."""
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }".ljust(size - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + size.to_bytes(2, "little") + header + bytes(8)


def test_a_header_is_evaluated_up_to_its_largest_size_only(tmp_path: Path) -> None:
    assert lists(tmp_path, with_header(MAX_HEADER), "x.npy") == {"x": [0]}
    assert "malformed header" in refused(tmp_path, with_header(MAX_HEADER + 1))


def test_more_than_the_cap_is_413(tmp_path: Path) -> None:
    from mouse_dashboard.reading import FileLimits  # noqa: PLC0415

    assert "expected at most 100" in refused(tmp_path, npy(np.zeros(64)), FileLimits(100))
