"""Start a sandboxed reader, and validate everything that it returns."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from pydantic import ValidationError

from mouse_dashboard.reading.cancellation import Cancellation, kill_session
from mouse_dashboard.reading.errors import NO_ROOM, invalid_file
from mouse_dashboard.reading.fields import Fields, FileLimits, Reader
from mouse_dashboard.reading.sandbox.limits import wall_seconds
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary, WorkerResult
from mouse_dashboard.schema.errors import ApiError

MAX_ANSWER_BYTES = 32 << 20
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "HDF5_PLUGIN_PRELOAD": "::",  # load no filter from anywhere
} | {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
"""No token, no key of a cloud."""


def sandboxed_reader(reader: str, snippet: Callable[[str, ReadSummary], str]) -> Reader:
    """Wrap a sandboxed module as a reader."""

    def read(received: Path, name: str, target: Path, limits: FileLimits, cancellation: Cancellation) -> Fields:
        summary = read_in_sandbox(reader, received, target, limits, cancellation)
        return Fields(target, tuple(summary.notes), snippet(name, summary))

    return read


def read_in_sandbox(
    reader: str, received: Path, target: Path, limits: FileLimits, cancellation: Cancellation
) -> ReadSummary:
    """Convert a file in a sandboxed process, with the `read` function of a module.

    Raises:
        ApiError: the reader's own error, or 422 if it took too much time or memory, or died.
        OSError: there is no room left.
        ReadCancelledError: the client disconnected.
    """
    command = [
        sys.executable,
        "-P",
        "-m",
        "mouse_dashboard.reading.sandbox",
        reader,
        received,
        target,
        str(limits.max_bytes),
        str(limits.max_seconds),
    ]
    with TemporaryFile(dir=target.parent) as answer:
        code = _exit_code(command, answer, wall_seconds(received.stat().st_size, limits), cancellation)
        if code in NO_ROOM:
            raise OSError(code, os.strerror(code))
        if code:
            raise _too_much("a file that crashed its reader or took too much time or memory")
        return _checked(answer)


def _exit_code(command: Sequence[str | Path], answer: IO[bytes], seconds: int, cancellation: Cancellation) -> int:
    with (
        # it sees the end of its standard input when this process ends
        subprocess.Popen(  # noqa: S603  our own command
            command, stdin=subprocess.PIPE, stdout=answer, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
            start_new_session=True,
        ) as process,
        cancellation.attach(process),
    ):  # fmt: skip
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise _too_much(f"a file that takes more than {seconds} seconds") from error
        finally:
            kill_session(process)


def _checked(answer: IO[bytes]) -> ReadSummary:
    """Validate the result of a reader that the file may have compromised."""
    refused = invalid_file(
        "a file whose reader gave an invalid result", "one as its library writes it", "save it again"
    )
    if answer.seek(0, os.SEEK_END) > MAX_ANSWER_BYTES:
        raise refused
    answer.seek(0)
    try:
        found = WorkerResult.model_validate_json(answer.read())
    except ValidationError as error:
        raise refused from error
    if found.error is not None:
        body = found.error
        raise ApiError(body.status, body.code, body.message, body.field)
    if found.summary is None:
        raise refused
    return found.summary


def _too_much(found: str) -> ApiError:
    return invalid_file(found, "one that can be read", "save it again, smaller or as .safetensors")
