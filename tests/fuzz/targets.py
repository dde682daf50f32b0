"""What is fuzzed: every reader, the mapping of a file, uploads and bodies of requests. Only declared errors pass."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]

from mouse.errors import BatchError, MissingFieldError
from mouse.mapping import Mapping, apply, detect
from mouse_dashboard.reading import FileLimits, read_fields
from mouse_dashboard.schema.errors import ApiError
from tests.security.living import OPERATIONS, Living, living
from tests.server.files import send

LIMITS = FileLimits(1 << 24, allow_pt=True)
SECONDS = 10.0
"""Processor time that a small file may take; without a fuzzer beside it none takes 2."""
BODIES = [operation for operation in OPERATIONS if operation.body]
Target = Callable[[bytes], None]


def read(content: bytes) -> None:
    """A file of any format, as the server reads it, but in this process."""
    folder = Path(tempfile.mkdtemp())
    started = time.process_time()
    try:
        (folder / "received").write_bytes(content)
        _map(read_fields(folder / "received", "x", folder, LIMITS).path)
    except (ApiError, BatchError, MissingFieldError) as error:
        assert len(str(error)) < 1000, "a message that echoes the file"  # noqa: PT017
    finally:
        shutil.rmtree(folder)
    assert time.process_time() - started < SECONDS


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
        self._dashboard: Living = self._stack.enter_context(living(self._folder, allow_pt=True))

    def close(self) -> None:
        """End the dashboard, and remove its folder."""
        self._stack.close()
        shutil.rmtree(self._folder)

    def upload(self, content: bytes) -> None:
        """A file of any format, and what is told of it."""
        client = self._dashboard.client
        answer = send(client, content)
        assert answer.status_code < 500, answer.text
        if answer.status_code < 300 and answer.json()["id"] not in self._dashboard.ids.values():
            address = f"/api/{'imports' if answer.status_code == 202 else 'batches'}/{answer.json()['id']}"
            assert client.get(address).json() == answer.json()
            assert client.delete(address).status_code == 204

    def body(self, content: bytes) -> None:
        """A body of one of the operations; the first byte says which."""
        operation = BODIES[content[0] % len(BODIES)] if content else BODIES[0]
        answer = self._dashboard.call(operation, content=content[1:])
        assert answer.status_code < 500 or answer.json()["code"] == "time_limit", (str(operation), answer.text)
        if answer.headers["content-type"] == "application/json":
            json.loads(answer.text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise AssertionError(f"bare {constant}")
