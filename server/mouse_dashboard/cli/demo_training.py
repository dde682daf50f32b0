"""A demo training run: a child process that trains, pushes snapshots, and ends with this process."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress

from mouse import child_process
from mouse.demo.live import RUN
from mouse_dashboard.cli.errors import fail
from mouse_dashboard.cli.serving import StartPage
from mouse_dashboard.runs.events import Events
from mouse_dashboard.runs.models import SnapshotEvent
from mouse_dashboard.settings import ANY_ADDRESS, Settings
from mouse_dashboard.web.loading import LoadingApp


@contextmanager
def start_training(settings: Settings, port: int, seed: int) -> Generator[StartPage]:
    """Start the learner once an event listener connects; yield what waits for its first snapshot or its failure."""
    started: list[subprocess.Popen[bytes]] = []

    async def first_snapshot(app: LoadingApp) -> Mapping[str, str]:
        events: Events = (await app.loaded()).state.events
        async for event, _ in events.listen():
            if not started:  # the first event says that from now on nothing is missed
                started.append(_start(settings, port, seed))
                _give_up_with(started[0])
            if isinstance(event, SnapshotEvent) and event.what == "stored" and event.run.name == RUN:
                return {"run": event.run.id}  # alone: the page goes along with it
        raise asyncio.CancelledError  # the server stops

    try:
        yield first_snapshot
    finally:
        codes = [learner.poll() for learner in started]
        for learner in started:
            learner.terminate()
            learner.communicate()
    if any(codes):
        fail(f"the training ended with exit code {codes[0]}; see its output above.")


def _give_up_with(learner: subprocess.Popen[bytes]) -> None:
    """Cancel the task that waits for a snapshot when the learner fails."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def watch() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            if learner.wait() and task:
                loop.call_soon_threadsafe(task.cancel)

    threading.Thread(target=watch, daemon=True).start()


def _start(settings: Settings, port: int, seed: int) -> subprocess.Popen[bytes]:
    """Redirect its output to stderr: stdout is for the link. The token is not an argument, which `ps` would show."""
    host = "127.0.0.1" if settings.host in ANY_ADDRESS else settings.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    token = {} if settings.token is None else {"MOUSE_TOKEN": settings.token.get_secret_value()}
    return child_process.start(
        "mouse.demo",
        "--push",
        url,
        "--run",
        RUN,
        "--seed",
        str(seed),
        stdout=sys.stderr.buffer,
        env={**os.environ, **token},
    )
