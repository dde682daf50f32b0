"""Following the files of loss functions: saving one loads it anew."""

import asyncio
from collections.abc import Callable

from anyio.to_thread import run_sync
from watchfiles import PythonFilter, awatch  # pyright: ignore[reportUnknownVariableType]  its stop_event is untyped

from mouse_dashboard.compute.functions.registry import LossRegistry


async def follow(registry: LossRegistry, changed: Callable[[], None], stop: asyncio.Event) -> None:
    """Load functions anew whenever a Python file beside one of them is saved, and tell of it, until told to stop."""
    folders = {each.file.parent for each in registry.files}
    if not folders:
        return
    async for _ in awatch(*folders, watch_filter=PythonFilter(), recursive=False, stop_event=stop):
        await run_sync(registry.reload)
        changed()
