"""Time and memory limits of a reader, proportional to the file size with an upper bound."""

import ctypes
import math
import os
import resource
import signal
import sys
import threading

from mouse_dashboard.reading.fields import FileLimits

BASE_SECONDS = 5
SECONDS_PER_MIB = 0.5
MEMORY = 2 << 30
"""Beside twice the file."""
OVERHEAD = 64 << 20
"""Of a converted file beside its data, and of an answer."""


def cpu_seconds(size: int, limits: FileLimits) -> int:
    """Processor time for a file of `size` bytes. Readers take under 0.05 s per MiB; a full disk cache may be slower."""
    return math.ceil(min(limits.max_seconds, BASE_SECONDS + SECONDS_PER_MIB * size / (1 << 20)))


def wall_seconds(size: int, limits: FileLimits) -> int:
    """Wall-clock limit: includes start-up and a shared processor."""
    return 30 + 2 * cpu_seconds(size, limits)


def apply_limits(size: int, limits: FileLimits) -> None:
    """Limit this process to the resources allowed for a file of `size` bytes, beyond what its imports already used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    lower_rlimit(resource.RLIMIT_CORE, 0)
    lower_rlimit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + cpu_seconds(size, limits))
    lower_rlimit(resource.RLIMIT_FSIZE, limits.max_bytes + OVERHEAD)
    lower_rlimit(resource.RLIMIT_DATA, MEMORY + 2 * size)


def lower_rlimit(what: int, limit: int) -> None:
    """Lower a hard limit; a lower one is kept."""
    hard = resource.getrlimit(what)[1]
    lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (lowest, lowest))


def end_with_parent() -> None:
    """Exit when the dashboard exits, however it ends.

    Linux kills the process itself. Elsewhere, and where the dashboard ended before Linux was asked, a thread sees that
    standard input closes; it has to wait for a library that holds the interpreter.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    threading.Thread(target=_exit_when_closed, daemon=True).start()


def _exit_when_closed() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)
