"""A batch is saved whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from tensordict import TensorDict

from mouse import batch as batch_module
from mouse.batch import save_batch
from mouse.errors import BatchError
from tests.mouse.batches import Recipe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def sized(*shape: int) -> TensorDict:
    return TensorDict({}, list(shape))


REFUSED: dict[str, tuple[Callable[[], tuple[TensorDict, TensorDict]], str]] = {
    "sizes differ": (
        lambda: (sized(2, 3), sized(3, 2)),
        r"^out: found batch size \[3, 2\], expected that of step_stream",
    ),
    "no steps": (lambda: (sized(2), sized(2)), r"^step_stream: found batch size \[2\], expected \[B, S\]"),
    "name in both": (
        lambda: (TensorDict({"x": torch.zeros(2, 3)}, [2, 3]), TensorDict({"x": torch.zeros(2, 3)}, [2, 3])),
        r"^out: found field 'x' also in step_stream, expected distinct names; ",
    ),
    "nested": (
        lambda: (TensorDict({"obs": TensorDict({"x": torch.zeros(2, 3)}, [2, 3])}, [2, 3]), sized(2, 3)),
        r"^step_stream\.obs: found a TensorDict, expected a tensor, not a nested TensorDict; ",
    ),
    "no tensor": (
        lambda: (sized(2, 3), TensorDict({"note": "text"}, [2, 3])),
        r"^out\.note: found a .+, expected a tensor",
    ),
    "a lone surrogate": (
        lambda: (TensorDict({"x\ud800": torch.zeros(2, 3)}, [2, 3]), sized(2, 3)),
        r"^step_stream\.x\\ud800: found a name that is not UTF-8, expected ",
    ),
    "no name": (
        lambda: (TensorDict({"": torch.zeros(2, 3)}, [2, 3]), sized(2, 3)),
        r"^step_stream\.: found a field without a name, expected ",
    ),
    "nothing": (lambda: (sized(2, 3), sized(2, 3)), r"^batch: found no fields, expected "),
    "reserved": (
        lambda: (TensorDict({"__metadata__": torch.zeros(2, 3)}, [2, 3]), sized(2, 3)),
        r"^step_stream\.__metadata__: found ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_stored_is_refused_and_the_old_file_stays(folder: Path, case: str) -> None:
    make, message = REFUSED[case]
    save_batch(folder / "b", *Recipe().make())
    before = (folder / "b").read_bytes()
    with pytest.raises(ValueError, match=message):
        save_batch(folder / "b", *make())
    assert [entry.name for entry in folder.iterdir()] == ["b"]
    assert (folder / "b").read_bytes() == before


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("dtype", [torch.complex32, torch.complex128, torch.bits8])
def test_a_type_that_safetensors_does_not_know_is_named(folder: Path, dtype: torch.dtype) -> None:
    step_stream = TensorDict({"z": torch.empty(2, 3, dtype=dtype)}, [2, 3])
    with pytest.raises(BatchError, match=rf"^step_stream\.z: found {dtype}, expected a type of safetensors; "):
        save_batch(folder / "b", step_stream, sized(2, 3))
    assert list(folder.iterdir()) == []


def test_a_save_that_fails_halfway_leaves_the_old_file_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_batch(folder / "b", *Recipe().make())
    before = (folder / "b").read_bytes()

    def disk_full(_tensors: Any, path: str, *_: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(batch_module, "save_file", disk_full)
    with pytest.raises(OSError, match="No space left"):
        save_batch(folder / "b", *Recipe(seed=1).make())
    assert [entry.name for entry in folder.iterdir()] == ["b"]
    assert (folder / "b").read_bytes() == before


def test_a_full_disk_is_an_error_of_the_system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(*_: Any) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(batch_module, "save_file", disk_full)
    with pytest.raises(OSError, match="No space left on device") as error:
        save_batch(folder / "b", *Recipe().make())
    assert (error.value.errno, error.value.filename) == (28, str(folder / "b"))
    assert list(folder.iterdir()) == []


def test_data_reaches_the_disk_before_the_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    def recorded(name: str, original: Callable[..., object]) -> Callable[..., object]:
        return lambda *args: (events.append(name), original(*args))

    monkeypatch.setattr(os, "fsync", recorded("sync", os.fsync))
    monkeypatch.setattr(Path, "replace", recorded("rename", Path.replace))
    save_batch(folder / "b", *Recipe().make())
    assert events == ["sync", "rename"]
