"""How long it takes until many listeners have read of pushes, with all of them on this machine.

    .venv/bin/python -m benchmarks.events                  # 1,000 listeners, 30 pushes

Each push is an event when its snapshot is stored, and another one when it was examined. Measured is the time from the
first push until the last listener has read that the last snapshot was stored.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

from mouse_dashboard.web.security.open_files import raise_open_files
from tests.server.runs.pushed import push
from tests.server.runs.service import Service, service

OPENING = 50
"""Connections that are opened at once: the dashboard closes some of those that one address leaves half sent."""


async def listen(port: int, opening: asyncio.Semaphore, ready: asyncio.Semaphore, last: bytes) -> None:
    """Read events until the last one."""
    async with opening:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await reader.readuntil(b'"reload"')
    ready.release()
    while last not in await reader.readline():
        pass
    writer.close()


def push_all(dashboard: Service, pushes: int) -> float:
    """Push, and return when the first one began."""
    client: Any = httpx2.Client(base_url=dashboard.base, timeout=60)
    with client:
        begin = time.perf_counter()
        for step in range(pushes):
            assert push(client, step).status_code == 201
        return begin


async def measure(dashboard: Service, listeners: int, pushes: int) -> float:
    """Seconds from the first push until the last listener has read of the last one."""
    opening, ready = asyncio.Semaphore(OPENING), asyncio.Semaphore(0)
    last = f'"last_step":{pushes - 1},'.encode()
    waiting = [asyncio.create_task(listen(dashboard.port, opening, ready, last)) for _ in range(listeners)]
    for _ in waiting:
        await ready.acquire()
    begin = await asyncio.to_thread(push_all, dashboard, pushes)
    await asyncio.gather(*waiting)
    return time.perf_counter() - begin


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="What many listeners of events cost.")
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--pushes", type=int, default=30)
    asked = parser.parse_args()
    raise_open_files()
    for listeners in (1, asked.listeners):
        with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as dashboard:
            seconds = asyncio.run(measure(dashboard, listeners, asked.pushes))
        print(f"{listeners:6} listeners, {asked.pushes} pushes: {seconds:6.1f} s")


if __name__ == "__main__":
    main()
