"""An .npz is checked before it is inflated, and its arrays come out as they went in."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouse.batch import load_batch
from mouse_dashboard.reading import FileLimits
from mouse_dashboard.reading.safetensors import check_safetensors
from mouse_dashboard.reading.sandbox import zip_file
from mouse_dashboard.schema.errors import ApiError
from tests.server.files import npz, npz_arrays

MIB = 1 << 20
CAP = 64 * MIB


def read(folder: Path, content: bytes, cap: int = CAP) -> Path:
    (folder / "received").write_bytes(content)
    zip_file.read(folder / "received", folder / "target", FileLimits(cap))
    check_safetensors(folder / "target")
    return folder / "target"


def member(content: bytes, *, declared: int | None = None, name: str = "a.npy") -> bytes:
    """A zip with one member, whose size may lie."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    packed = bytearray(file.getvalue())
    if declared is not None:
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            struct.pack_into("<I", packed, packed.index(signature) + offset, declared)
    return bytes(packed)


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header.encode("latin-1") + data


def described(descr: str = "'<f4'", order: str = "False", shape: str = "(2, 3)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


def twice() -> bytes:
    array = npy(described(), bytes(24))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", array)
        archive.writestr("b.npy", array)
    return file.getvalue().replace(b"b.npy", b"a.npy")


def bzip2() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.npy", npy(described(), bytes(24)))
    return file.getvalue()


def misnamed(signature: bytes) -> bytes:
    """A member whose name claims to be UTF-8 and is not, in the directory or in front of its data."""
    packed = bytearray(member(npy(described(), bytes(24)), name="\u00e9.npy"))
    start = packed.index(signature)
    name = packed.index("\u00e9".encode(), start)
    packed[name : name + 2] = b"\xff\xfe"
    return bytes(packed)


def placed(offset: int) -> bytes:
    """A member said to start at `offset`, in the form that has 64 bits for it."""
    packed = bytearray(member(npy(described(), bytes(24))))
    directory, end = packed.index(b"PK\x01\x02"), packed.index(b"PK\x05\x06")
    extra = struct.pack("<2HQ", 1, 8, offset)
    struct.pack_into("<H", packed, directory + 30, len(extra))
    struct.pack_into("<I", packed, directory + 42, 0xFFFFFFFF)
    struct.pack_into("<I", packed, end + 12, end - directory + len(extra))
    return bytes(packed[:end] + extra + packed[end:])


def deflated_zeros(mebibytes: int) -> bytes:
    """What so many MiB of zeros deflate to; after a full flush the same bytes can be repeated."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    mebibyte = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return mebibyte * mebibytes + packer.flush()


STRUCTURED = np.zeros((2, 3), [("x", "<f4")])
BROKEN: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "half a zip": (lambda: npz(a=np.zeros((2, 3)))[:-30], 422, "does not end with its directory"),
    "a comment after the directory": (lambda: npz(a=np.zeros((2, 3))) + b"x", 422, "does not end"),
    "a zip without arrays": (lambda: member(b"hello", name="a.txt"), 415, "a zip without arrays"),
    "two arrays of one name": (twice, 422, "two arrays of one name"),
    "another compression": (bzip2, 422, "packed unusually"),
    "a name that is no UTF-8": (lambda: misnamed(b"PK\x01\x02"), 422, "a damaged zip"),
    "a name that is no UTF-8 before its data": (lambda: misnamed(b"PK\x03\x04"), 422, "a damaged zip"),
    **{
        f"a member at byte {offset}": (partial(placed, offset), 422, "'a.npy' outside the file")
        for offset in (2**64 - 1, 2**63, 2**63 - 1, 2**62, 2**32, len(placed(0)))
    },
    "objects": (
        lambda: npz(a=np.array([[1, None]] * 2, dtype=object)),
        422,
        "'a' of Python objects, which are a pickle",
    ),
    "structured": (lambda: npz(a=STRUCTURED), 422, "[('x', '<f4')]"),
    "void": (lambda: npz(a=np.zeros((2, 3), "V4")), 422, "|V4"),
    "big-endian": (lambda: npz(a=np.zeros((2, 3), ">f4")), 422, ">f4"),
    "complex": (lambda: npz(a=np.zeros((2, 3), "<c8")), 422, "<c8"),
    "text": (lambda: npz(a=np.array([["x"]])), 422, "<U1"),
    "Fortran order": (lambda: npz(a=np.asfortranarray(np.zeros((2, 3)))), 422, "Fortran order"),
    "a header of 10 kB": (lambda: member(npy(described() + " " * 10_000, bytes(24))), 422, "malformed header"),
    "a header that is code": (lambda: member(npy("__import__('os').system('true')")), 422, "malformed header"),
    "a header that nests": (lambda: member(npy("(" * 900 + ")" * 900)), 422, "malformed header"),
    "a header that is cut": (lambda: member(npy(described())[:30]), 422, "malformed header"),
    "npy version 3": (lambda: member(npy(described(), bytes(24), b"\x03\x00")), 422, "malformed header"),
    "no npy": (lambda: member(b"hello"), 422, "malformed header"),
    "a negative shape": (lambda: member(npy(described(shape="(-2, -3)"), bytes(24))), 422, "malformed header"),
    "a shape of bools": (lambda: member(npy(described(shape="(True, 6)"), bytes(24))), 422, "malformed header"),
    "an order that is no bool": (lambda: member(npy(described(order="0"), bytes(24))), 422, "malformed header"),
    "more shape than data": (lambda: member(npy(described(shape="(2, 4)"), bytes(24))), 422, "24 bytes in 'a'"),
    "more data than shape": (lambda: member(npy(described(), bytes(25))), 422, "25 bytes in 'a'"),
    "a giant": (lambda: member(npy(described(shape=f"({1 << 40}, {1 << 40})"))), 422, "0 bytes in 'a'"),
    "an empty giant": (lambda: member(npy(described(shape=f"(0, {1 << 40})"))), 422, "more than the file's 0 bytes"),
    "a declared size too large": (lambda: member(npy(described(), bytes(24)), declared=200), 422, ""),
    "a declared size too small": (lambda: member(npy(described(), bytes(24)), declared=60), 422, ""),
    "a name with NUL": (lambda: member(npy(described(), bytes(24)), name="a\nb.npy"), 422, "printable characters"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_npz_is_told_apart_in_one_short_sentence(kind: str, tmp_path: Path) -> None:
    make, status, said = BROKEN[kind]
    with pytest.raises(ApiError) as error:
        read(tmp_path, make())
    assert (error.value.body.status, said in error.value.body.message) == (status, True), error.value.body.message
    assert len(error.value.body.message) < 400


def test_more_than_the_cap_once_unpacked_is_413(tmp_path: Path) -> None:
    with pytest.raises(ApiError) as error:
        read(tmp_path, npz(compressed=True, a=np.zeros((64, 1024))), cap=1000)
    assert error.value.body.status == 413


def test_a_second_directory_for_large_files_is_refused(tmp_path: Path) -> None:
    whole = npz(a=np.zeros((2, 3)))
    end = whole.rindex(b"PK\x05\x06")
    with pytest.raises(ApiError, match="does not end with its directory"):
        read(tmp_path, whole[:end] + b"PK\x06\x07" + bytes(16) + whole[end:])


@pytest.mark.parametrize("compressed", [False, True])
def test_the_arrays_come_out_bit_for_bit(compressed: bool, tmp_path: Path) -> None:
    arrays: dict[str, Any] = npz_arrays() | {
        "half": np.array([[np.nan, np.inf, -np.inf, -0.0, 1, 2, 3]] * 4, np.float16),
        "double": np.random.default_rng(0).standard_normal((4, 7)),
        "flag": np.ones((4, 7), bool),
        "byte": np.full((4, 7, 2), 255, np.uint8),
        "empty": np.zeros((4, 7, 0), np.float32),
    }
    step_stream, out = load_batch(read(tmp_path, npz(compressed=compressed, **arrays)))
    assert set(step_stream.keys()) | {f"out.{name}" for name in out.keys()} == set(arrays)  # noqa: SIM118
    for name, array in arrays.items():
        tensor = out["sv"] if name == "out.sv" else step_stream[name]
        assert (str(tensor.dtype).removeprefix("torch."), tensor.shape) == (str(array.dtype), array.shape)
        assert tensor.numpy().tobytes() == array.tobytes()


@given(places=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8), cut=st.integers(0, 60))
def test_a_damaged_npz_gives_a_file_or_a_declared_error(
    places: list[tuple[int, int]], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(WHOLE)
    for place, byte in places:
        content[place % len(content)] = byte
    try:
        assert read(tmp_path_factory.getbasetemp(), bytes(content[: len(content) - cut])).is_file()
    except ApiError as error:
        assert error.body.status in {413, 415, 422}  # noqa: PT017


WHOLE = npz(compressed=True, **npz_arrays())
