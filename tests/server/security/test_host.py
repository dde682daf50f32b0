"""Only our own names are answered."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.security.host import HostCheck
from tests.server.conftest import LOCAL
from tests.server.files import saved_batch

TOKEN = SecretStr("a-long-enough-secret")
FOREIGN = [
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "localhost@evil.example",
    "", " ", "localhost:8000:1", "[::1", "[::2]", "0.0.0.0:8000", "localhost/", "localhost%00",
]  # fmt: skip
OWN = ["localhost", "localhost:8000", "LOCALHOST:9000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"]


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_or_malformed_host_is_refused(host: str, dashboard: TestClient) -> None:
    assert dashboard.get("/api/health", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", OWN)
def test_the_loopback_names_work_on_any_port(host: str, dashboard: TestClient) -> None:
    assert dashboard.get("/api/health", headers={"Host": host}).status_code == 200


def test_two_hosts_are_refused(dashboard: TestClient) -> None:
    answer = dashboard.get("/api/health", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert answer.status_code == 400


def test_an_allowed_name_works(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"allowed_hosts": ("gpu-box",)}))
    with TestClient(app, "http://gpu-box:8000") as client:
        assert client.get("/api/health").status_code == 200


def test_the_address_that_is_listened_on_works(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"host": "gpu-box"}))
    with TestClient(app, "http://gpu-box:8000") as client:
        assert client.get("/api/health").status_code == 200


@pytest.mark.parametrize(
    ("connected", "host"),
    [("192.0.2.7", "192.0.2.7:8000"), ("::ffff:192.0.2.7", "192.0.2.7:8000"), ("2001:db8::7", "[2001:db8::7]:8000"),
     ("2001:db8::7", "[2001:DB8:0:0::7]"), ("fe80::7%eth0", "[fe80::7]:8000")],
)  # fmt: skip
def test_the_ip_address_that_a_visitor_has_connected_to_works_and_no_other(connected: str, host: str) -> None:
    def answer(called: str) -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {"type": "http", "server": (connected, 8000), "headers": [(b"host", called.encode())]}
        asyncio.run(HostCheck(PlainTextResponse("ours"))(scope, None, send))  # type: ignore[arg-type]
        return sent[0]["status"]

    assert answer(host) == 200
    assert {answer(other) for other in ("192.0.2.8", "[2001:db8::8]:8000", "evil.example", "[::ffff]")} == {400}


@pytest.mark.parametrize("host", ["2001:db8::7", "[2001:db8::7]", "2001:0DB8:0::7", "::"])
def test_an_ipv6_address_is_listened_on_and_allowed_however_it_is_written(host: str, settings: Settings) -> None:
    names = "gpu-box:8443, 2001:db8::9, [2001:db8::a]:8000"
    listening = Settings(data_dir=settings.data_dir, host=host, token=TOKEN, allowed_hosts=names)  # type: ignore[arg-type]
    own = [] if host == "::" else ["[2001:db8::7]:8000"]
    with TestClient(create_app(listening), LOCAL) as client:
        for called in [*own, "gpu-box:8443", "[2001:db8::9]:1", "[2001:db8::a]:8000"]:
            assert client.get("/api/health", headers={"Host": called}).status_code == 200, called
        for called in ["gpu-box:8000", "gpu-box", "[2001:db8::a]", "[::]:8000", "0.0.0.0:8000"]:
            assert client.get("/api/health", headers={"Host": called}).status_code == 400, called


def test_with_any_host_every_name_works_but_not_what_is_none_and_not_without_the_token(settings: Settings) -> None:
    open_to_names = Settings(data_dir=settings.data_dir, token=SecretStr("secret"), any_host=True)
    with TestClient(create_app(open_to_names), "http://hub.example.org") as client:
        assert client.get("/api/batches").status_code == 401
        shown = {"Authorization": "Bearer secret"}
        assert client.get("/api/batches", headers=shown).status_code == 200
        assert client.get("/api/batches", headers=shown | {"Host": "a@b"}).status_code == 400
        own = shown | {"Origin": "https://hub.example.org", "Content-Type": "application/octet-stream"}
        assert client.post("/api/batches?name=x", content=saved_batch(), headers=own).status_code == 201
        foreign = own | {"Origin": "https://evil.example"}
        assert client.post("/api/batches?name=x", content=saved_batch(), headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "sources", ["'none'", "'self' http://localhost:* https://hub.example.org:8443 vscode-webview:"]
)
def test_pages_that_may_frame_it_are_named_in_every_answer(sources: str, settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"frame_ancestors": sources}))
    with TestClient(app, "http://localhost:8000") as client:
        for address in ("/", "/api/health", "/api/nothing"):
            policy = client.get(address).headers["Content-Security-Policy"]
            assert policy.endswith(f"; frame-ancestors {sources}")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """A WebSocket route, behind the guards that every route stands behind."""
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()
