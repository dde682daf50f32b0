"""A local dashboard of this interpreter: started on first use, stopped at exit."""

import atexit
import json
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import urllib3
from tensordict import TensorDictBase

from mouse import child_process
from mouse.batch import save_batch
from mouse.tracing.function_file import FunctionAddress

FRAMED_BY = "'self' http://localhost:* http://127.0.0.1:* vscode-webview:"
"""Pages that notebooks are on: behind the same proxy, on this machine, in an editor."""
LAST_SECONDS = 5


class LocalDashboard:
    """A `mouse dashboard` on a free port of this machine, with a data folder that goes with it.

    Behind a proxy it asks for a token, because there it answers to whatever name the proxy is called by.

    Args:
        proxy: path under which a proxy serves the ports of this machine, such as ``/user/me/proxy/{port}/``.
        losses: loss functions of the user's own.
    """

    def __init__(self, proxy: str | None = None, losses: Sequence[FunctionAddress] = ()) -> None:
        self._losses = losses
        self._folder = tempfile.TemporaryDirectory(prefix="mouse-")
        self._process: subprocess.Popen[bytes] | None = None
        self._token = None if proxy is None else secrets.token_urlsafe(32)
        # The dashboard chooses a port itself: one that was free a moment ago may be taken when it starts.
        self._port = 0 if proxy is None else _free_port()
        self._path = "/" if proxy is None else f"/{proxy.format(port=self._port).strip('/')}/"
        self._count = 0
        atexit.register(self.close)

    @property
    def alive(self) -> bool:
        """Whether it has not been started yet, or still runs."""
        return self._process is None or self._process.poll() is None

    def add(self, step_stream: TensorDictBase, out: TensorDictBase, name: str, loss: str | None = None) -> str:
        """Store a batch, and return its id.

        Raises:
            BatchError: (a ValueError) it cannot be stored.
            RuntimeError: the dashboard cannot be started or refuses the batch; the message says why.
        """
        file = Path(self._folder.name) / f"{name}.safetensors"
        save_batch(file, step_stream, out, loss=loss)
        try:
            return self._start(file) if self._process is None else self._send(file)
        finally:
            file.unlink(missing_ok=True)  # with the folder, where it cannot be started

    def url(self, query: dict[str, str]) -> str:
        """Address of the page, once it is started; behind a proxy relative to the notebook's own host."""
        if self._token is not None:
            return f"{self._path}?{urlencode(query | {'token': self._token})}"
        return f"http://127.0.0.1:{self._port}/?{urlencode(query)}"

    def close(self) -> None:
        """End it and remove its folder."""
        atexit.unregister(self.close)
        if self._process is not None:
            try:
                self._process.communicate(timeout=LAST_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
        self._folder.cleanup()

    def _start(self, file: Path) -> str:
        """Start it with its first batch, whose id is in the link that it prints."""
        data_dir = Path(self._folder.name) / "data"  # of its own: the log beside it is not the dashboard's
        arguments = ("dashboard", str(file), "--no-open", "--port", str(self._port), "--data-dir", str(data_dir))
        functions = [text for address in self._losses for text in ("--loss", str(address))]
        log = Path(self._folder.name) / "log"
        with log.open("wb") as errors:
            self._process = child_process.start(
                "mouse_dashboard",
                *arguments,
                *functions,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self._environment(),
            )
        printed = cast("IO[bytes]", self._process.stdout).readline().decode()
        if not printed:
            output = log.read_text().strip()
            self.close()
            raise RuntimeError(output or "mouse: the dashboard ended at once.")
        link = urlsplit(printed.strip())
        if self._token is None:
            self._port = cast("int", link.port)
        return parse_qs(link.query)["batch"][0]

    def _send(self, file: Path) -> str:
        headers = {"Content-Type": "application/octet-stream"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        address = f"http://127.0.0.1:{self._port}/api/batches?name={quote(file.name)}"
        with file.open("rb") as content, urllib3.PoolManager() as pool:
            answer = pool.request("POST", address, body=content, headers=headers, retries=False)
        reply = json.loads(answer.data)
        if answer.status >= 400:
            raise RuntimeError(reply["message"])
        return reply["id"]

    def _environment(self) -> dict[str, str]:
        """What is set here, but for what is said of another dashboard."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("MOUSE_")}
        own["MOUSE_FRAME_ANCESTORS"] = FRAMED_BY
        if self._token is None:
            return own
        return own | {
            "MOUSE_TOKEN": self._token,
            "MOUSE_ANY_HOST": "true",
            "MOUSE_ROOT_PATH": self._path.rstrip("/"),
        }


def _free_port() -> int:
    """One that nobody listens on; the link behind a proxy has to know it before the dashboard does."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return cast("int", probe.getsockname()[1])
