"""Starting a confined reader, and believing nothing that comes back unchecked."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from mouse_dashboard.reading.confined.answer import Answer, Told
from mouse_dashboard.reading.disk_full import NO_ROOM
from mouse_dashboard.reading.fields import Fields, Limits, Reader
from mouse_dashboard.reading.refusal import broken
from mouse_dashboard.schema.errors import ApiError

SECONDS = 180
MAX_ANSWER_BYTES = 32 << 20
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "HDF5_PLUGIN_PRELOAD": "::",  # load no filter from anywhere
} | {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
"""No token, no key of a cloud."""


def confined(reader: str, snippet: Callable[[str, Told], str]) -> Reader:
    """Make a reader of one whose library runs confined."""

    def read(received: Path, name: str, target: Path, limits: Limits) -> Fields:
        told = read_confined(reader, received, target, limits)
        return Fields(target, tuple(told.notes), snippet(name, told))

    return read


def read_confined(reader: str, received: Path, target: Path, limits: Limits) -> Told:
    """Convert a file in a process of its own, by the `read` of a module.

    Raises:
        ApiError: the reader's own answer, or 422 where it took too much time or memory, or died.
        OSError: there is no room left.
    """
    answer = target.with_name("answer.json")
    command = [
        sys.executable,
        "-P",
        "-m",
        "mouse_dashboard.reading.confined",
        reader,
        received,
        target,
        str(limits.max_bytes),
    ]
    with answer.open("wb") as out:
        try:
            subprocess.run(  # noqa: S603  our own command
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
                timeout=SECONDS, check=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise _too_much(f"a file that takes more than {SECONDS} seconds") from error
        except subprocess.CalledProcessError as error:
            if error.returncode in NO_ROOM:
                raise OSError(error.returncode, os.strerror(error.returncode)) from error
            raise _too_much("a file that ends its reader by damage, or by taking too much time or memory") from error
    return _checked(answer)


def _checked(answer: Path) -> Told:
    """The answer of a reader that may have been taken over by the file."""
    refused = broken("a file that makes its reader answer nonsense", "one as its library writes it", "save it again")
    if answer.stat().st_size > MAX_ANSWER_BYTES:
        raise refused
    try:
        found = Answer.model_validate_json(answer.read_bytes())
    except ValidationError as error:
        raise refused from error
    if found.error is not None:
        body = found.error
        raise ApiError(body.status, body.code, body.message, body.field)
    if found.told is None:
        raise refused
    return found.told


def _too_much(found: str) -> ApiError:
    return broken(found, "one that can be read", "save it again, smaller or as .safetensors")
