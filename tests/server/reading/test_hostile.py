"""Files cut anywhere, with any bytes changed, or of any bytes: a sound file of fields or a declared refusal."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from mouse_dashboard.reading import read_fields
from mouse_dashboard.reading.formats import HDF5, HEAD_BYTES, JSON, PARQUET, ZIP, format_of
from mouse_dashboard.reading.safetensors import check_safetensors
from mouse_dashboard.reading.sandbox import hdf5, json_text, parquet, torch_file, zip_file
from mouse_dashboard.reading.sandbox.worker_result import run_reader
from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.hdf5_files import d4rl, hdf5_file, minari
from tests.server.reading.reading import LIMITS
from tests.server.reading.test_memmap import SHAPE, level, zipped
from tests.server.reading.test_npy import npy
from tests.server.reading.test_parquet import table
from tests.server.reading.test_torch_file import pt

CONFINED = {"memmap": zip_file, "hdf5": hdf5, "parquet": parquet, "json": json_text, "torch": torch_file}
WHOLE: dict[str, bytes] = {
    "npy": npy([[1.0, 2.0]]),
    "memmap": zipped(
        level(a=SHAPE, b={"type": "TensorDict"}) | {"a.memmap": bytes(8), "b/meta.json": level()["meta.json"]}
    ),
    "hdf5 flat": hdf5_file(d4rl),
    "hdf5 minari": hdf5_file(minari),
    "parquet": table(a=[1, 2, 3], r=[0.5, None, 2.5], s=["x", "y", "x"], o=[[1, 2], [3, 4], [5, 6]]),
    "json": b'{"a": [[1, 2.5], [3, NaN]], "b": {"c": ["x", "y"]}}',
    "torch": pt({"a": torch.ones(2), "b": {"c": torch.arange(3)}}),
    "torch old": pt({"a": torch.ones(2)}, zipped=False),
}  # fmt: skip
"""Small files of every format, by the name of its reader."""


def judge(kind: str, content: bytes) -> None:
    """Read as the server does, in this process; only a declared refusal or a sound file may come out."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "received").write_bytes(content)
        reader = CONFINED.get(kind.split(maxsplit=1)[0])
        if reader is None:
            check_safetensors(read_fields(folder / "received", "x", folder, LIMITS).path)
            return
        answer = run_reader(reader.read, folder / "received", folder / "target", LIMITS)
        if answer.error is None:
            check_safetensors(folder / "target")
        else:
            assert answer.error.status in {413, 415, 422}
            assert len(answer.error.message) < 500
    except ApiError as error:
        assert error.body.status in {413, 415, 422}  # noqa: PT017
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_files_are_read(kind: str, tmp_path: Path) -> None:
    (tmp_path / "received").write_bytes(WHOLE[kind])
    reader: Any = CONFINED.get(kind.split(maxsplit=1)[0])
    if reader is None:
        assert read_fields(tmp_path / "received", "x", tmp_path, LIMITS).path.is_file()
    else:
        assert run_reader(reader.read, tmp_path / "received", tmp_path / "target", LIMITS).error is None


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_cut_at_any_length_is_told(kind: str) -> None:
    content = WHOLE[kind]
    for length in range(0, len(content), max(1, len(content) // 60)):
        judge(kind, content[:length])
    judge(kind, content[:-1])
    judge(kind, content + b"x")


changes = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", WHOLE)
@given(places=changes)
def test_a_file_with_bytes_changed_is_read_or_told(kind: str, places: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE[kind])
    for place, byte in places:
        content[place % len(content)] = byte
    judge(kind, bytes(content))


@pytest.mark.parametrize(("kind", "first"), [*((kind, WHOLE[kind][:8]) for kind in WHOLE), ("memmap", b"PK\x03\x04")])
@given(rest=st.binary(max_size=300))
def test_any_bytes_behind_the_right_first_ones_are_told(kind: str, first: bytes, rest: bytes) -> None:
    judge(kind, first + rest)


@pytest.mark.parametrize("magic", [b"", b"\x80"])
@given(rest=st.binary(max_size=100))
def test_any_bytes_that_the_server_itself_reads_are_told(magic: bytes, rest: bytes) -> None:
    found = format_of((magic + rest)[:HEAD_BYTES])
    assume(found not in {PARQUET, HDF5, JSON, ZIP})
    judge("any", magic + rest)
