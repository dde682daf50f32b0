"""The process of a confined reader: ``python -m mouse_dashboard.reading.confined MODULE RECEIVED TARGET MAX_BYTES``.

Exit code: the number of the system's error where there is no room left, for an answer neither.
"""

import os
import resource
import sys
from importlib import import_module
from pathlib import Path

from mouse_dashboard.reading.confined.answer import Answer, answered
from mouse_dashboard.reading.disk_full import NO_ROOM
from mouse_dashboard.reading.fields import Limits

CPU_SECONDS = 120
MEMORY = 2 << 30
"""Beside twice the file."""
OVERHEAD = 64 << 20
"""Of a converted file beside its data, and of an answer."""


def main(reader: str, received: Path, target: Path, limits: Limits) -> Answer:
    """Import the reader's library, give up rights, and only then read."""
    read = import_module(reader).read
    give_up(resource.RLIMIT_CORE, 0)
    give_up(resource.RLIMIT_CPU, CPU_SECONDS)
    give_up(resource.RLIMIT_FSIZE, limits.max_bytes + OVERHEAD)
    give_up(resource.RLIMIT_DATA, MEMORY + 2 * received.stat().st_size)
    return answered(read, received, target, limits)


def give_up(what: int, limit: int) -> None:
    """Lower a limit for good; one that is lower already stays."""
    hard = resource.getrlimit(what)[1]
    lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (lowest, lowest))


if __name__ == "__main__":
    try:
        answer = main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Limits(int(sys.argv[4])))
        sys.stdout.write(answer.model_dump_json())
        sys.stdout.flush()
    except OSError as error:
        os._exit(error.errno if error.errno in NO_ROOM else 1)
