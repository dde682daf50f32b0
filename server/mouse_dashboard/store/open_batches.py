"""Keep recently used batches open between requests."""

from pathlib import Path
from threading import Lock

from cachetools import LRUCache
from tensordict import TensorDict

from mouse.batch import load_batch
from mouse_dashboard.store.batch_info import unknown_batch

OPEN_AT_ONCE = 4
"""What is looked at, what it is compared with, and what was looked at before."""

Opened = tuple[TensorDict, TensorDict]


class OpenBatches:
    """The last few opened batches, by id. Safe to use from several threads.

    To map a file takes longer than to evaluate a small batch; and what is cached of a batch holds its mapping, which
    counts as memory of the process once for each.
    """

    def __init__(self) -> None:
        self._opened: LRUCache[str, Opened] = LRUCache(OPEN_AT_ONCE)
        self._lock = Lock()

    def open(self, batch_id: str, path: Path) -> Opened:
        """The batch's `step_stream` and `out`, which must not be modified.

        Raises:
            ApiError: 404, its file is gone.
        """
        with self._lock:
            opened = self._opened.get(batch_id)
        if opened is None:
            opened = map_batch(batch_id, path)
            with self._lock:
                opened = self._opened.setdefault(batch_id, opened)
        return opened

    def close(self, batch_id: str) -> None:
        """Release a deleted batch; requests that still use it keep it open."""
        with self._lock:
            self._opened.pop(batch_id, None)


def map_batch(batch_id: str, path: Path) -> Opened:
    """Memory-map `step_stream` and `out` of a batch; data is read on use.

    Raises:
        ApiError: 404, its file is gone.
    """
    try:
        return load_batch(path)
    except (OSError, RuntimeError) as error:  # torch opens it too, and raises errors of its own
        if path.exists():
            raise
        raise unknown_batch(batch_id) from error  # deleted meanwhile
