"""Following the files of loss functions: saving one loads it anew."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from anyio.to_thread import run_sync
from watchfiles import PythonFilter, awatch  # pyright: ignore[reportUnknownVariableType]  its stop_event is untyped

from mouse_dashboard.compute.functions.registry import LossRegistry

CHECK_MS = 1000
"""How often is checked whether a file that was loaded imports modules of further folders, or was saved unseen."""


async def follow(registry: LossRegistry, changed: Callable[[], None], stop: asyncio.Event) -> None:
    """Load functions anew whenever a Python file beside one of theirs is saved, and report it, until `stop` is set.

    A folder is watched without those in it: a project may hold its environment and its data.
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
