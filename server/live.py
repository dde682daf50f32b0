"""A training run beside the dashboard: the demo's learner, a program that pushes its snapshots and ends with us."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from mouse import tied
from server.runs.events import Events
from server.runs.models import SnapshotEvent
from server.serving import First
from server.settings import ANY_ADDRESS, Settings


@contextmanager
def training(settings: Settings, port: int, seed: int) -> Generator[First]:
    """Start the learner once somebody listens; what is yielded waits for its first snapshot."""
    started: list[subprocess.Popen[bytes]] = []

    async def first_snapshot(events: Events) -> Mapping[str, str]:
        async for event in events.listen():
            if not started:  # the first event says that from now on nothing is missed
                started.append(_start(settings, port, seed))
            if isinstance(event, SnapshotEvent) and event.what == "stored":
                return {
                    "batch": event.snapshot.batch_id,
                    "run": event.run.id,
                    "step": str(event.snapshot.step),
                }
        return {}

    try:
        yield first_snapshot
    finally:
        for learner in started:
            learner.terminate()
            learner.communicate()


def _start(settings: Settings, port: int, seed: int) -> subprocess.Popen[bytes]:
    """Its words go to stderr: on stdout stands the link alone. The token is nothing for a list of processes."""
    host = "127.0.0.1" if settings.host in ANY_ADDRESS else settings.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    token = {} if settings.token is None else {"MOUSE_TOKEN": settings.token.get_secret_value()}
    return tied.start(
        "mouse.demo", "--push", url, "--seed", str(seed), stdout=sys.stderr.buffer, env={**os.environ, **token}
    )
