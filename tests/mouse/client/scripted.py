"""A dashboard that answers as a test says."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple


class Asked(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, object] | tuple[int, object, dict[str, str]]
"""Status, body, and headers."""
BATCH_ID = "b" * 64
POLL_SECONDS = 0.01
"""How often the server looks whether it is to end; Python's own half a second was most of a test's time."""


def stores_everything(asked: Asked) -> Answer:
    return 201, {"id": BATCH_ID} if asked.path.startswith("/api/batches") else {"run": {}, "snapshot": {}}


@dataclass
class Scripted:
    """What it was asked, and how it answers; raising closes the connection without an answer."""

    base: str
    answer: Callable[[Asked], Answer] = stores_everything
    asked: list[Asked] = field(default_factory=list[Asked])

    @property
    def snapshots(self) -> list[dict[str, Any]]:
        """The snapshots that it was sent, as often as it was."""
        return [json.loads(asked.body) for asked in self.asked if asked.path == "/api/snapshots"]

    @property
    def steps(self) -> list[int]:
        return [snapshot["step"] for snapshot in self.snapshots]


@contextmanager
def scripted(answer: Callable[[Asked], Answer] = stores_everything) -> Generator[Scripted]:
    """One on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.path, dict(self.headers), body)
            dashboard.asked.append(asked)
            try:
                status, told, *headers = dashboard.answer(asked)
            except ConnectionError:
                self.close_connection = True
                return
            content = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers[0] if headers else {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name in http.server
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        dashboard = Scripted(f"http://127.0.0.1:{server.server_port}", answer)
        thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield dashboard
        finally:
            server.shutdown()
            thread.join()
