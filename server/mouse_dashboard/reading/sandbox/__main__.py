"""A sandboxed reader: ``python -m mouse_dashboard.reading.sandbox MODULE RECEIVED TARGET BYTES SECONDS``.

Exit code: the number of the system's error where there is no room left, for an answer neither.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from mouse_dashboard.reading.errors import NO_ROOM
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.sandbox.limits import apply_limits, end_with_parent
from mouse_dashboard.reading.sandbox.worker_result import WorkerResult, run_reader
from mouse_dashboard.tuning.compiler import leave_out_compiler


def main(reader: str, received: Path, target: Path, limits: FileLimits) -> WorkerResult:
    """Import the reader's library, drop privileges, and only then read."""
    end_with_parent()
    if reader.endswith(".torch_file"):
        leave_out_compiler()
    read = import_module(reader).read
    apply_limits(received.stat().st_size, limits)
    return run_reader(read, received, target, limits)


if __name__ == "__main__":
    try:
        reader, received, target, most_bytes, most_seconds = sys.argv[1:]
        limits = FileLimits(int(most_bytes), max_seconds=int(most_seconds))
        answer = main(reader, Path(received), Path(target), limits)
        sys.stdout.write(answer.model_dump_json())
        sys.stdout.flush()
    except OSError as error:
        os._exit(error.errno if error.errno in NO_ROOM else 1)
