"""Checks 39 and 44: whose session it is, and who can keep others out."""

import resource
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.cli.test_dashboard import running
from tests.server.files import saved_batch

pytestmark = pytest.mark.process

TOKEN = "the-same-token-of-both"
HALF_SENT = 1000


def browser(stack: ExitStack, folder: Path, port: int) -> TestClient:
    """A visitor of a dashboard of its own."""
    app = create_app(Settings(data_dir=folder, token=SecretStr(TOKEN)))
    return stack.enter_context(TestClient(app, f"http://localhost:{port}"))


def test_check_39_sessions_belong_to_one_dashboard_and_one_start_of_it(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first = browser(stack, tmp_path / "first", 8000)
        second = browser(stack, tmp_path / "second", 8001)
        for client in (first, second):
            client.get("/", params={"token": TOKEN})
        jar = {cookie.name: cookie.value or "" for client in (first, second) for cookie in client.cookies.jar}
        assert set(jar) == {"mouse_session_8000", "mouse_session_8001"}
        assert len(set(jar.values())) == 2
        for client in (first, second):
            client.cookies.update(jar)  # a browser has one jar for all ports of a host
            assert client.get("/api/batches").status_code == 200
        stolen = jar["mouse_session_8000"]
        for client, name in ((second, "mouse_session_8001"), (second, "mouse_session_8000")):
            client.cookies.clear()
            assert client.get("/api/batches", headers={"Cookie": f"{name}={stolen}"}).status_code == 401
        restarted = browser(stack, tmp_path / "restarted", 8000)
        assert restarted.get("/api/batches", headers={"Cookie": f"mouse_session_8000={stolen}"}).status_code == 401


def test_check_44_half_sent_requests_and_wrong_tokens_keep_nobody_out(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if hard > 0 else 4096, hard))
    file = tmp_path / "batch.safetensors"
    file.write_bytes(saved_batch())
    try:
        with ExitStack() as stack:
            process, link = stack.enter_context(running(file, "--data-dir", tmp_path / "data", "--token", TOKEN))
            address = urlsplit(link)
            assert address.port
            half_sent = b"POST /api/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"
            for number in range(HALF_SENT):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", address.port)))
                connection.sendall(half_sent if number % 2 else half_sent[:20])
            base = f"http://{address.netloc}"
            with httpx2.Client(base_url=base, timeout=60) as client:
                assert client.get("/api/health").status_code == 200
                wrong = {"Authorization": "Bearer wrong"}
                started = time.monotonic()
                assert {client.get("/api/batches", headers=wrong).status_code for _ in range(30)} == {401}
                assert time.monotonic() - started > 20 * 0.2  # the delay of each after the tenth
                right = {"Authorization": f"Bearer {TOKEN}"}
                assert client.get("/api/batches", headers=right).status_code == 200
            held = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
            assert held < HALF_SENT / 2
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
