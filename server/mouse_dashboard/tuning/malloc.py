"""Tune when the C library returns freed memory, which determines the speed of large intermediates."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Names of glibc's malloc.h."""
MOST = (1 << 31) - 1
"""The largest number that mallopt takes."""


def keep_freed_memory() -> bool:
    """Keep freed blocks of up to 2 GiB for the next intermediate; return whether that was possible.

    By default glibc returns large blocks to the system at once, and faults them in anew, page by page, for the next
    intermediate of the same size. Filling a page is several times quicker than faulting it in: with this, the second
    stage of a loss over a million transitions takes a quarter to a half of the time. One arena, because only the main
    one can grow beyond 64 MiB. Elsewhere than on glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(name, value) == 1 for name, value in _OPTIONS.items())


_OPTIONS = {M_ARENA_MAX: 1, M_MMAP_THRESHOLD: MOST, M_TRIM_THRESHOLD: MOST}
