"""Only our own names are answered."""

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.app import create_app
from server.security.host import HostCheck
from server.security.origin import OriginCheck
from server.settings import Settings
from tests.server.routes import ROUTES, RouteCase

FOREIGN = [
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "localhost@evil.example",
    "", " ", "localhost:8000:1", "[::1", "[::2]", "0.0.0.0:8000", "localhost/", "localhost%00",
]  # fmt: skip
OWN = ["localhost", "localhost:8000", "LOCALHOST:9000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_refuses_a_foreign_host(route: RouteCase, dashboard: TestClient) -> None:
    answer = dashboard.request(route.method, route.address, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    if route.method != "HEAD":
        assert answer.json()["code"] == "unknown_host"


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
    app = create_app(Settings(data_dir=settings.data_dir, host="192.0.2.7", token="secret"))  # type: ignore[arg-type]
    with TestClient(app, "http://192.0.2.7:8000") as client:
        assert client.get("/api/health").status_code == 200


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """A WebSocket route, behind the guards that every route stands behind."""
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"host": ""}, {"origin": "http://evil.example"}, {"origin": "null"},
     {"origin": "http://localhost:9999"}, {"sec-fetch-site": "cross-site"}],
)  # fmt: skip
def test_a_websocket_from_elsewhere_is_closed_before_it_is_accepted(headers: dict[str, str]) -> None:
    client = TestClient(HostCheck(OriginCheck(echo)), "http://localhost:8000")
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client.websocket_connect("ws://localhost:8000/", headers=headers),
    ):
        pass
    assert closed.value.code == 1008


def test_a_websocket_of_our_own_page_is_accepted() -> None:
    client = TestClient(HostCheck(OriginCheck(echo)), "http://localhost:8000")
    with client.websocket_connect("ws://localhost:8000/", headers={"origin": "http://localhost:8000"}) as socket:
        assert socket.receive_text() == "hello"
