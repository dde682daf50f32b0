"""Child processes that exit with their parent, however it ends: when their standard input closes.

``python -m mouse.child_process MODULE ARGUMENT...`` runs a module as ``python -m`` does, and interrupts it then.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO

INTERRUPTED = 128 + signal.SIGINT
"""Exit code of a program that Ctrl+C has ended."""


def start(
    module: str,
    *arguments: str,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a module as a child process of this one; Ctrl+C in this process's terminal does not reach it.

    `env` is its environment: the current one if None.
    """
    # -P: a `typer.py` or a folder `server` where the user works is not taken for a module of ours.
    command = [sys.executable, "-P", "-m", "mouse.child_process", module, *arguments]
    return subprocess.Popen(  # noqa: S603  a module of our own
        command,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        env=env,
        start_new_session=True,
    )


def run(arguments: Sequence[str], until_closed: IO[bytes]) -> None:
    """Run the module named by the first argument, with the remaining arguments."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a script starts in the background
    threading.Thread(target=_interrupt, args=(until_closed,), daemon=True).start()
    sys.argv = list(arguments)
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _interrupt(until_closed: IO[bytes]) -> None:
    """Wait until standard input closes, then interrupt the main thread as Ctrl+C does."""
    while os.read(until_closed.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":  # pragma: no cover  # in a process of its own
    run(sys.argv[1:], sys.stdin.buffer)
