"""Stores without a service around them."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mouse_dashboard import reading
from mouse_dashboard.runs.events import Events
from mouse_dashboard.runs.models import SnapshotInfo, SnapshotRequest
from mouse_dashboard.runs.retention import RetentionLimits
from mouse_dashboard.runs.store import RunStore
from mouse_dashboard.store import BatchStore
from tests.server.files import saved_batch

FILE_LIMITS = reading.FileLimits(1 << 24)


class Stores:
    """Batches, runs, and what was published about them."""

    def __init__(self, batches: BatchStore, limits: RetentionLimits) -> None:
        self.batches = batches
        self.forgotten: list[str] = []
        self.runs = RunStore(batches, limits, Events(), self.forgotten.append)

    def send(self, content: bytes) -> str:
        """Store a batch for a snapshot, and return its id."""

        async def stream() -> AsyncIterator[bytes]:
            yield content

        return asyncio.run(self.batches.receive("snapshot", stream(), listed=False))[0].id

    def push(self, step: int, run: str = "run", content: bytes | None = None, **fields: Any) -> SnapshotInfo:
        """Push a snapshot of a batch of its own."""
        batch_id = self.send(saved_batch(seed=step) if content is None else content)
        request = SnapshotRequest.model_validate({"run": run, "step": step, "batch_id": batch_id, **fields})
        return self.runs.push(request)[0].snapshot

    def timeline(self, run: str = "run") -> list[SnapshotInfo]:
        """Snapshots of the only run of a name."""
        (found,) = (each for each in self.runs.runs().runs if each.name == run)
        return self.runs.run(found.id).timeline

    def steps(self, run: str = "run") -> list[int]:
        return [snapshot.step for snapshot in self.timeline(run)]


@contextmanager
def open_stores(folder: Path, snapshots: int = 0, bytes_: int = 0) -> Generator[Stores]:
    """Open them in a folder, with limits."""
    with BatchStore(folder, FILE_LIMITS) as batches:
        yield Stores(batches, RetentionLimits(snapshots, bytes_))
