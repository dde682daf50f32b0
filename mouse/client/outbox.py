"""The outbox of snapshots: bounded in bytes, drops the oldest, and counts everything."""

from collections import deque
from dataclasses import dataclass
from threading import Condition

from mouse.client.snapshot import Snapshot


@dataclass(frozen=True)
class Stats:
    """Counts of snapshots: ``pushed = sent + dropped + refused + queued``."""

    pushed: int = 0
    """Handed over by training."""
    sent: int = 0
    """On the disk of the dashboard."""
    dropped: int = 0
    """Given up: the oldest when there was no room, and what was left at the end."""
    refused: int = 0
    """Could not be copied, or the dashboard does not take them; the log says why."""
    queued: int = 0
    """Waiting, or on their way."""
    bytes: int = 0
    """Of the batches that were sent."""


class Outbox:
    """A queue that training fills and one thread empties."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._changed = Condition()
        self._waiting: deque[Snapshot] = deque()
        self._on_the_way = 0
        self._pushed = self._sent = self._dropped = self._refused = self._bytes = 0
        self._closed = False
        self._ended = False

    @property
    def stats(self) -> Stats:
        """The counts so far."""
        with self._changed:
            queued = len(self._waiting) + self._on_the_way
            return Stats(self._pushed, self._sent, self._dropped, self._refused, queued, self._bytes)

    def put(self, snapshot: Snapshot) -> bool:
        """Add the newest, and return whether nothing had to be dropped; after `close` it is dropped itself."""
        with self._changed:
            self._pushed += 1
            before = self._dropped
            if self._closed:
                self._dropped += 1
            else:
                self._waiting.append(snapshot)
            while len(self._waiting) > 1 and sum(each.nbytes for each in self._waiting) > self._max_bytes:
                self._waiting.popleft()
                self._dropped += 1
            self._changed.notify_all()
            return self._dropped == before

    def refuse(self) -> None:
        """Count a snapshot that could not be added."""
        with self._changed:
            self._pushed += 1
            self._refused += 1

    def take(self) -> Snapshot | None:
        """Wait for the oldest; None after `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._ended or not self._waiting:
                return None
            self._on_the_way = 1
            return self._waiting.popleft()

    def done(self, sent_bytes: int | None) -> None:
        """Mark the taken snapshot as sent, or as refused if None."""
        with self._changed:
            if not self._ended:
                self._on_the_way = 0
                self._refused += sent_bytes is None
                self._sent += sent_bytes is not None
                self._bytes += sent_bytes or 0
            self._changed.notify_all()

    def pause(self, seconds: float) -> bool:
        """Sleep, and return whether to continue afterwards."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._ended, seconds)

    def close(self, timeout: float) -> int:
        """Accept no more, wait until all is sent or the time is up, and return how many are left."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting and not self._on_the_way, timeout)
            left = len(self._waiting) + self._on_the_way
            self._dropped += left
            self._waiting.clear()
            self._on_the_way = 0
            self._ended = True
            self._changed.notify_all()
            return left
