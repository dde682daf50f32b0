"""Batches sent to a store, and what is in its folder then."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from mouse_dashboard.reading import FileLimits
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.models import BatchInfo

LIMITS = FileLimits(1 << 24)


def receive(
    store: BatchStore, content: bytes, name: str = "batch.safetensors", chunk: int = 1000
) -> tuple[BatchInfo, bool]:
    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(content), chunk):
            yield content[start : start + chunk]

    info, new = asyncio.run(store.receive(name, stream()))
    assert isinstance(info, BatchInfo)
    return info, new


def stored_files(folder: Path) -> list[str]:
    """Everything but the data base, the marker and locks; what is recorded of a batch goes with it."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    ours = sorted(file for file in files if not file.startswith(("mouse", "quarantine")) and not file.endswith(".lock"))
    batches = [file for file in ours if not file.startswith("records/")]
    assert {Path(file).stem for file in ours} == {Path(file).stem for file in batches}
    return batches
