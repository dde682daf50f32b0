"""What is fuzzed: every reader, the mapping of a file, uploads and bodies of requests. Only declared errors pass."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]

from mouse.errors import BatchError, MissingFieldError
from mouse.mapping import Mapping, apply, detect
from mouse_dashboard.api_error import ApiError
from mouse_dashboard.formats import HDF5, HEAD_BYTES, JSON, PARQUET, PICKLE, format_of
from mouse_dashboard.reading import Limits, read_fields
from mouse_dashboard.reading.confined import hdf5, json_text, parquet, torch_file
from mouse_dashboard.reading.confined.answer import answered
from mouse_dashboard.reading.safetensors import check_safetensors
from tests.security.living import OPERATIONS, Living, living
from tests.server.files import send

LIMITS = Limits(1 << 24, allow_pt=True)
CONFINED: dict[Any, Any] = {HDF5: hdf5, PARQUET: parquet, JSON: json_text, PICKLE: torch_file}
SECONDS = 10.0
"""Processor time that a small file may take; without a fuzzer beside it none takes 2."""
BODIES = [operation for operation in OPERATIONS if operation.body]
Target = Callable[[bytes], None]


def read(content: bytes) -> None:
    """A file of any format, as the server reads it, but in this process."""
    folder = Path(tempfile.mkdtemp())
    started = time.process_time()
    try:
        fields = _fields(folder, content)
        if fields is not None:
            _map(fields)
    except (ApiError, BatchError, MissingFieldError) as error:
        assert len(str(error)) < 1000, "a message that echoes the file"  # noqa: PT017
    finally:
        shutil.rmtree(folder)
    assert time.process_time() - started < SECONDS


def _fields(folder: Path, content: bytes) -> Path | None:
    (folder / "received").write_bytes(content)
    reader: Any = CONFINED.get(format_of(content[:HEAD_BYTES]))
    if reader is None:
        return read_fields(folder / "received", "x", folder, LIMITS).path
    answer = answered(reader.read, folder / "received", folder / "target", LIMITS)
    if answer.error is None:
        check_safetensors(folder / "target")
        return folder / "target"
    assert answer.error.status in {413, 415, 422}
    assert len(answer.error.message) < 1000
    return None


def _map(path: Path) -> None:
    fields = load_file(path)
    found = detect(fields)
    apply(fields, found.mapping)


def map_by(content: bytes) -> None:
    """A mapping out of any JSON, applied to a file of another library."""
    from tests.server.imports.rollouts import gymnasium, heads  # noqa: PLC0415

    try:
        mapping = TypeAdapter(Mapping).validate_json(content)
        apply({**gymnasium(), **heads()}, mapping)
    except (ValidationError, BatchError, MissingFieldError) as error:
        assert str(error)  # noqa: PT017


class Requests:
    """Uploads and bodies, to a dashboard in a folder of its own."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder = Path(tempfile.mkdtemp())
        self._dashboard: Living = self._stack.enter_context(living(self._folder))

    def close(self) -> None:
        """End the dashboard, and remove its folder."""
        self._stack.close()
        shutil.rmtree(self._folder)

    def upload(self, content: bytes) -> None:
        """A file, in a format that needs no process of its own."""
        if format_of(content[:HEAD_BYTES]) not in CONFINED:
            answer = send(self._dashboard.client, content)
            assert answer.status_code < 500, answer.text
            if answer.status_code in {200, 201} and answer.json()["id"] not in self._dashboard.ids.values():
                self._dashboard.client.delete(f"/api/batches/{answer.json()['id']}")
            elif answer.status_code == 202 and answer.json()["id"] not in self._dashboard.ids.values():
                self._dashboard.client.delete(f"/api/imports/{answer.json()['id']}")

    def body(self, content: bytes) -> None:
        """A body of one of the operations; the first byte says which."""
        operation = BODIES[content[0] % len(BODIES)] if content else BODIES[0]
        answer = self._dashboard.call(operation, content=content[1:])
        assert answer.status_code < 500 or answer.json()["code"] == "time_limit", (str(operation), answer.text)
        if answer.headers["content-type"] == "application/json":
            json.loads(answer.text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise AssertionError(f"bare {constant}")
