"""Reading a file as the server does, and what comes out."""

import io
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from mouse_dashboard.reading import Fields, FileLimits, pickle_files, read_fields
from mouse_dashboard.reading.sandbox import run
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary, WorkerResult, run_reader
from mouse_dashboard.schema.errors import ApiError

LIMITS = FileLimits(1 << 28)
ALLOWED = FileLimits(1 << 28, allow_pt=True)


def read(folder: Path, content: bytes, name: str = "file", limits: FileLimits = LIMITS) -> Fields:
    (folder / "received").write_bytes(content)
    (folder / "scratch").mkdir(exist_ok=True)
    return read_fields(folder / "received", name, folder / "scratch", limits)


def tensors(fields: Fields) -> dict[str, Tensor]:
    return load_file(fields.path)


def lists(folder: Path, content: bytes, name: str = "file", limits: FileLimits = LIMITS) -> dict[str, Any]:
    """What a file holds, as nested lists."""
    return {field: value.tolist() for field, value in tensors(read(folder, content, name, limits)).items()}


def refused(folder: Path, content: bytes, limits: FileLimits = LIMITS) -> str:
    """The sentence that a file is turned away with."""
    with pytest.raises(ApiError) as error:
        read(folder, content, limits=limits)
    assert error.value.body.status in {413, 415, 422}
    assert error.value.body.field == "file"
    return error.value.body.message


class Here(NamedTuple):
    """What a sandboxed reader makes of a file in this process, where it is not sandboxed but fast."""

    answer: WorkerResult
    target: Path

    @property
    def lists(self) -> dict[str, Any]:
        assert self.answer.error is None, self.answer.error
        return {name: value.tolist() for name, value in self.tensors.items()}

    @property
    def tensors(self) -> dict[str, Tensor]:
        return load_file(self.target)

    @property
    def notes(self) -> list[str]:
        assert self.answer.summary is not None, self.answer.error
        return self.answer.summary.notes

    @property
    def refused(self) -> str:
        assert self.answer.error is not None
        assert self.answer.error.status in {413, 415, 422}
        assert len(self.answer.error.message) < 400
        return self.answer.error.message


def here(reader: Any, folder: Path, content: bytes, limits: FileLimits = LIMITS) -> Here:
    (folder / "received").write_bytes(content)
    return Here(run_reader(reader.read, folder / "received", folder / "target", limits), folder / "target")


START_A_PROCESS = [(run, "read_in_sandbox"), (pickle_files, "read_in_sandbox")]
"""What `read_here` takes the place of."""


def read_here(reader: str, received: Path, target: Path, limits: FileLimits, *_: object) -> ReadSummary:
    """What a sandboxed reader does, in this process: to start one for each file would take most of the time."""
    answer = run_reader(import_module(reader).read, received, target, limits)
    if answer.error is not None:
        assert answer.error.status in {413, 415, 422}
        raise ApiError(answer.error.status, answer.error.code, answer.error.message, answer.error.field)
    assert answer.summary is not None
    return ReadSummary.model_validate_json(answer.summary.model_dump_json())


def read_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, attribute in START_A_PROCESS:
        monkeypatch.setattr(owner, attribute, read_here)


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()
