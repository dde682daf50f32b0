"""How many files and connections this process may hold open."""

import contextlib
import sys

ENOUGH = 1 << 16


def raise_open_files() -> None:
    """Raise the limit as far as the system lets us: by default many have 1024, a connection each."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  there is none elsewhere

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # what is not allowed is not needed either
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
