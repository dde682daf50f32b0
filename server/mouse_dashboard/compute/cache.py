"""An LRU cache of results between evaluations, bounded in bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any, NamedTuple

from cachetools import LRUCache

RECENT = 4
"""Results that are cached under one key, where there may be one for each place of a slider."""


class CacheKey(NamedTuple):
    """Identifies a cached result."""

    batch_id: str
    loss: str
    kind: str
    """Which result of the loss."""
    detail: tuple[Any, ...] = ()
    """What else it depends on."""


class _Entry(NamedTuple):
    value: Any
    size: int


class _Recent(NamedTuple):
    results: OrderedDict[Hashable, _Entry]
    """The last one last."""

    @property
    def size(self) -> int:
        return sum(each.size for each in self.results.values())


class ResultCache:
    """A bounded cache of results, safe to use from several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._entries: LRUCache[CacheKey, Any] = LRUCache(max_bytes, getsizeof=lambda entry: entry.size)
        self._lock = Lock()

    @property
    def capacity(self) -> int:
        """Capacity in bytes."""
        return int(self._entries.maxsize)

    @property
    def size(self) -> int:
        """Bytes in use."""
        return int(self._entries.currsize)

    def get(self, key: CacheKey) -> Any | None:
        """The result, or None if it was evicted."""
        with self._lock:
            entry = self._entries.get(key)
        return None if entry is None else entry.value

    def put(self, key: CacheKey, value: Any, size: int) -> None:
        """Cache a result that takes `size` bytes; one larger than the whole cache is not stored."""
        with self._lock:
            if size <= self._entries.maxsize:
                self._entries[key] = _Entry(value, size)

    def get_recent(self, key: CacheKey, detail: Hashable) -> Any | None:
        """One of the few recent results under a key, or None if evicted; it becomes the most recent."""
        with self._lock:
            recent: _Recent | None = self._entries.get(key)
            if recent is None or detail not in recent.results:
                return None
            recent.results.move_to_end(detail)
            return recent.results[detail].value

    def put_recent(self, key: CacheKey, detail: Hashable, value: Any, size: int) -> None:
        """Cache a result as the latest of a few per key: while a slider is dragged, most are never requested again."""
        with self._lock:
            known: _Recent | None = self._entries.pop(key, None)
            results = OrderedDict[Hashable, _Entry]() if known is None else known.results
            results[detail] = _Entry(value, size)
            recent = _Recent(results)
            while len(results) > RECENT or recent.size > self._entries.maxsize:
                results.popitem(last=False)
            self._entries[key] = recent

    def forget(self, batch_id: str) -> None:
        """Drop every result of a batch."""
        with self._lock:
            for key in [key for key in self._entries if key.batch_id == batch_id]:
                del self._entries[key]
