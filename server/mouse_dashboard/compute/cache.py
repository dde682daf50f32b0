"""Results cached between evaluations: the least recently used go first, and bytes are what is counted."""

from threading import Lock
from typing import Any, NamedTuple

from cachetools import LRUCache


class CacheKey(NamedTuple):
    """What a result is of."""

    batch_id: str
    loss: str
    kind: str
    """Which result of the loss."""
    detail: tuple[Any, ...] = ()
    """What else it depends on."""


class _Entry(NamedTuple):
    value: Any
    size: int


class ResultCache:
    """A bounded cache of results, safe to use from several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._entries: LRUCache[CacheKey, _Entry] = LRUCache(max_bytes, getsizeof=lambda entry: entry.size)
        self._lock = Lock()

    @property
    def capacity(self) -> int:
        """Bytes that there is room for."""
        return int(self._entries.maxsize)

    @property
    def size(self) -> int:
        """Bytes that the results take."""
        return int(self._entries.currsize)

    def get(self, key: CacheKey) -> Any | None:
        """The result, if it is still there."""
        with self._lock:
            entry = self._entries.get(key)
        return None if entry is None else entry.value

    def put(self, key: CacheKey, value: Any, size: int) -> None:
        """Cache a result that takes `size` bytes; one larger than the whole cache is not stored."""
        with self._lock:
            if size <= self._entries.maxsize:
                self._entries[key] = _Entry(value, size)

    def forget(self, batch_id: str) -> None:
        """Drop every result of a batch."""
        with self._lock:
            for key in [key for key in self._entries if key.batch_id == batch_id]:
                del self._entries[key]
