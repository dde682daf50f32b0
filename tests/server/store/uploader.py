"""A process that stores one file and stops at a given place, to be killed there."""

import os
from collections.abc import AsyncIterator, Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from threading import Event as Never
from typing import Any

import anyio

from mouse_dashboard.reading import FileLimits
from mouse_dashboard.store import BatchStore, file_table

LIMITS = FileLimits(1 << 30)
PLACES = ("receiving", "os.fsync", "Path.replace", "after replace", "committed")


def upload(folder: Path, file: Path, place: str, here: Event) -> None:
    """Store a file; `here` is set at the place, and nothing goes on from there."""

    def stop() -> None:
        here.set()
        Never().wait()

    def before(owner: Any, name: str, when: Callable[[Any], bool] = lambda _: True) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def stopping(*args: Any, **kwargs: Any) -> Any:
            if when(args[0]):
                stop()
            return original(*args, **kwargs)

        setattr(owner, name, stopping)

    async def stream() -> AsyncIterator[bytes]:
        content = file.read_bytes()
        yield content[: len(content) // 2]
        if place == "receiving":
            stop()
        yield content[len(content) // 2 :]

    async def receive() -> None:
        kept = BatchStore(folder, LIMITS)
        if place == "os.fsync":
            before(os, "fsync")
        elif place == "Path.replace":
            before(Path, "replace")
        elif place == "after replace":
            before(file_table, "sync", Path.is_dir)
        await kept.receive("killed.safetensors", stream())
        stop()

    anyio.run(receive)


def open_at_once(folder: Path, ready: Barrier, counts: "Queue[int]") -> None:
    """Open a data folder at the same moment as another process, and tell how many batches are in it."""
    ready.wait(60)
    with BatchStore(folder, LIMITS) as store:
        counts.put(len(store.batches()))
