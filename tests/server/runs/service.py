"""A dashboard as a process of its own, to listen to and to kill."""

import json
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.server.files import saved_batch

MOUSE = Path(sys.executable).with_name("mouse")


class Service:
    """One dashboard on a port that stays the same when it is started again."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.file = folder / "listed.safetensors"
        self.file.write_bytes(saved_batch(rows=1))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._command = [
            str(MOUSE), "dashboard", str(self.file), "--data-dir", str(folder / "data"), "--no-open",
            "--port", str(self.port), *flags,
        ]  # fmt: skip
        self.process: subprocess.Popen[str] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> subprocess.Popen[str]:
        """Start it, and do not wait."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self.process

    def start(self) -> None:
        """Start it, and return once it answers."""
        output = self.launch().stdout
        assert output
        assert output.readline(), "its link"

    def kill(self) -> None:
        """Kill it without a warning."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


@contextmanager
def service(folder: Path, *flags: str) -> Generator[Service]:
    """A running one, killed at the end."""
    running = Service(folder, *flags)
    running.start()
    try:
        yield running
    finally:
        running.kill()


@contextmanager
def listening(client: httpx2.Client, path: str = "/api/events") -> Generator[Iterator[dict[str, Any]]]:
    """The events of a dashboard as they come; the connection stands once the first has come."""
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        lines = (line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: "))
        yield (json.loads(line) for line in lines)
