"""Watch the files of loss functions: saving one reloads it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from anyio.to_thread import run_sync
from watchfiles import PythonFilter, awatch  # pyright: ignore[reportUnknownVariableType]  its stop_event is untyped

from mouse_dashboard.compute.functions.registry import LossRegistry

CHECK_MS = 1000
"""How often is checked whether a file that was loaded imports modules of further folders, or was saved unseen."""


async def watch_functions(registry: LossRegistry, changed: Callable[[], None], stop: asyncio.Event) -> None:
    """Reload functions whenever a Python file in one of their folders is saved, and report it, until `stop` is set.

    Folders are watched without their subfolders: a project may contain its virtual environment and its data.
    """
    while (folders := {each for each in registry.folders if each.is_dir()}) and not stop.is_set():
        watch = awatch(
            *folders, watch_filter=PythonFilter(), recursive=False, stop_event=stop,
            rust_timeout=CHECK_MS, yield_on_timeout=True,
        )  # fmt: skip
        async with aclosing(watch) as changes:
            async for saved in changes:
                if saved or registry.is_stale:
                    await run_sync(registry.reload)
                    changed()
                if not registry.folders <= folders:
                    break
