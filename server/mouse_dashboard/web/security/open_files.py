"""The limit of open files and connections of this process."""

import contextlib
import sys

ENOUGH = 1 << 16


def raise_open_files() -> None:
    """Raise the limit to the system's maximum: the default is often 1024, and each connection takes one."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  there is none elsewhere

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # what is not allowed is not needed either
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
