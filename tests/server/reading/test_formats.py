"""The first bytes decide; pickles are recognised, never opened."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mouse_dashboard.reading import Limits, check_format
from mouse_dashboard.reading.formats import SAFETENSORS, format_of
from mouse_dashboard.schema.errors import ApiError

LIMITS = Limits(1 << 20)


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
    torch.save({"step_stream": batch.step_stream, "out": batch.out}, "batch.pt")
    with pytest.raises(ApiError) as error:
        check_format(b"\x80", LIMITS)
    exec(error.value.body.message.split('python -c "')[1].split('"')[0])  # noqa: S102  our own line
    assert load_batch("batch.safetensors")[0]["reward"].equal(batch.step_stream["reward"])


def test_a_safetensors_header_of_any_length_is_known() -> None:
    for length in (*range(2, 300), 640, 0x80, 0x4B50, 0x7B7B):
        assert format_of(length.to_bytes(8, "little") + b"{") is SAFETENSORS, length
