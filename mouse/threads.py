"""How many threads torch computes on."""

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Generator[None]:
    """Compute on one thread; where operations are small, to wait for a second one on a busy machine costs more.

    Example:
        >>> with one_thread():
        ...     values.min()
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
