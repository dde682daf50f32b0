"""A stream goes to disk; memory does not grow with it."""

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

from mouse_dashboard.reading import Limits
from mouse_dashboard.store.receiving import BLOCK, receive_file

MIB = 1 << 20


def test_peak_memory_does_not_grow_with_the_body(tmp_path: Path) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"\0" * 8 + b"{"
        for _ in range(64):
            yield bytes(MIB)

    tracemalloc.start()
    digest = asyncio.run(receive_file(stream(), tmp_path / "received", Limits(1 << 30)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * BLOCK
    assert digest == hashlib.sha256((tmp_path / "received").read_bytes()).hexdigest()
