"""The first bytes decide; pickles are recognised, never opened."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import re
import sys
import types
import zlib
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mouse_dashboard.reading import FileLimits, check_format
from mouse_dashboard.reading.formats import SAFETENSORS, format_of
from mouse_dashboard.reading.pickle_files import is_torch_zip
from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.reading import zipped

LIMITS = FileLimits(1 << 20)


class Trap:
    """Unpickling it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def torch_file(trap: Trap, *, zipped: bool) -> bytes:
    file = io.BytesIO()
    torch.save({"step_stream": trap}, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def torchscript() -> bytes:
    file = io.BytesIO()
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), file)
    return file.getvalue()


def object_array(trap: Trap) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([trap], dtype=object), allow_pickle=True)
    return file.getvalue()


def test_a_torch_file_is_told_the_line_that_converts_it() -> None:
    with pytest.raises(ApiError, match=r"m\.save_batch"):
        check_format(b"\x80\x02ctorch", LIMITS)


def test_a_file_without_arrays_is_called_that() -> None:
    file = io.BytesIO()
    np.savez(file)
    with pytest.raises(ApiError, match="found a zip or npz file without anything in it") as error:
        check_format(file.getvalue(), LIMITS)
    assert error.value.body.status == 415


@pytest.mark.parametrize("content", [b"", b"hello, this is text", b"\x89PNG\r\n\x1a\n....", b"PK", b" 1"])
def test_anything_else_is_told_what_is_accepted(content: bytes) -> None:
    with pytest.raises(ApiError, match=r"expected one of safetensors \(\.safetensors\), NumPy") as error:
        check_format(content, LIMITS)
    assert error.value.body.status == 415


def test_the_line_that_converts_a_torch_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mouse.batch import load_batch  # noqa: PLC0415
    from tests.server.batches import random_batch  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    batch: Any = random_batch()
    torch.save({"step_stream": batch.step_stream, "out": batch.out}, "FILE")
    with pytest.raises(ApiError) as error:
        check_format(b"\x80\x02ctorch", LIMITS)
    line = error.value.body.message.split('python -c "')[1].split('"')[0]
    exec(line)  # noqa: S102  our own line
    assert load_batch("batch.safetensors")[0]["reward"].equal(batch.step_stream["reward"])
    torch.save({"rewards": torch.arange(3)}, "FILE")
    exec(line)  # noqa: S102
    with np.load("steps.npz") as saved:
        assert saved["rewards"].tolist() == [0, 1, 2]


def test_a_safetensors_header_of_any_length_is_known() -> None:
    for length in (*range(2, 300), 640, 0x80, 0x4B50, 0x7B7B):
        assert format_of(length.to_bytes(8, "little") + b"{") is SAFETENSORS, length


class Buffer:
    """Stands for a replay buffer of a library: what it is called is all that is read of it."""


BUFFER_PICKLE = {
    "stable_baselines3.common.buffers": "a Stable-Baselines3 replay buffer",
    "cleanrl_utils.buffers": "a CleanRL replay buffer",
    "tianshou.data.buffer.base": "a Tianshou buffer",
    "d3rlpy.dataset.replay_buffer": "a d3rlpy object",
    "somewhere.else": "a Python object",
}


@pytest.mark.parametrize("module", BUFFER_PICKLE)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_is_called_by_what_wrote_it_and_told_the_line_that_saves_its_arrays(
    module: str, protocol: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for parent in accumulate(module.split("."), "{}.{}".format):
        monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
    monkeypatch.setattr(sys.modules[module], "Buffer", Buffer, raising=False)
    monkeypatch.setattr(Buffer, "__module__", module)
    content = pickle.dumps(Buffer(), protocol)
    with pytest.raises(ApiError, match=re.escape(f"found a pickle ({BUFFER_PICKLE[module]}), which could")) as error:
        check_format(content, LIMITS)
    assert error.value.body.status == 415
    compile(error.value.body.message.split('python -c "')[1].split('"')[0], "line", "exec")


EPISODES = [{"obs": np.arange(2), "reward": np.ones(2)}, {"obs": np.arange(3), "reward": np.zeros(3)}]


@pytest.mark.parametrize("content", [EPISODES, EPISODES[0]], ids=["episodes", "a dict"])
def test_the_line_that_saves_arrays_of_a_pickle_does(
    content: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_bytes(pickle.dumps(content))
    with pytest.raises(ApiError, match="arrays of NumPy") as error:
        check_format((tmp_path / "FILE").read_bytes(), LIMITS)
    exec(error.value.body.message.split('python -c "')[1].split('"')[0], {})  # noqa: S102  the line itself
    with np.load(tmp_path / "steps.npz") as saved:
        assert saved["reward"].tolist() == ([1, 1, 0, 0, 0] if content is EPISODES else [1, 1])
        assert ("episode" in saved) == (content is EPISODES)


def test_what_joblib_compresses_is_a_pickle_too() -> None:
    with pytest.raises(ApiError, match=r"a pickle \(compressed by joblib\)"):
        check_format(zlib.compress(b"anything"), LIMITS)


RECORD = bytes.fromhex("5402000000000000 63b166fa 0ad1040a")
"""The begin of a TFRecord as TensorFlow wrote it: a length, and its masked CRC-32C."""


def test_a_tfrecord_is_told_apart_by_its_checksum_and_converted_by_lines_of_python() -> None:
    with pytest.raises(ApiError, match="found a TFRecord, as TensorFlow and RLDS write it") as error:
        check_format(RECORD, LIMITS)
    compile(error.value.body.message.split('python -c "')[1].split('"')[0], "line", "exec")
    with pytest.raises(ApiError, match="found another format"):
        check_format(RECORD[:9] + b"\0" + RECORD[10:], LIMITS)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (gzip.compress(b"", mtime=0), "a gzip file"),
        (b"episode,step,action\n0,0,1\n", "a CSV file"),
        (b'"obs";"reward"\r\n1;2\r\n', "a CSV file"),
        (bz2.compress(b""), "a bzip2 file"),
        (lzma.compress(b""), "an xz file"),
        (b"ARROW1\0\0", "an Arrow or Feather file"),
        (b"SQLite format 3\0", "an SQLite data base"),
    ],
)
def test_known_files_that_are_not_read_are_called_by_their_name(head: bytes, name: str) -> None:
    with pytest.raises(ApiError, match=f"found {name}, expected one of safetensors") as error:
        check_format(head, LIMITS)
    assert error.value.body.status == 415


def test_a_model_of_stable_baselines_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "model.zip").write_bytes(zipped({"data": b"{}", "policy.pth": b"", "_stable_baselines3_version": b"2"}))
    with pytest.raises(ApiError, match="a model of Stable-Baselines3, which holds no steps"):
        is_torch_zip(tmp_path / "model.zip")
