"""Checks 1 to 4 and 6 to 9: who is listened to, who is answered, and what every answer carries."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from pydantic import SecretStr
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from typer.testing import CliRunner

from mouse_dashboard.cli.main import cli
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.security.headers import HEADERS
from tests.security.living import OPERATIONS, Living, living
from tests.security.watching import listening_on, watched
from tests.server.conftest import LOCAL
from tests.server.files import OCTETS, keep_small_demo, saved_batch
from tests.server.routes import UNSAFE, RouteCase, every_route
from tests.server.security.test_host import FOREIGN as FOREIGN_HOSTS
from tests.server.security.test_host import OWN as OWN_HOSTS
from tests.server.security.test_origin import FOREIGN as FOREIGN_PAGES
from tests.server.security.test_origin import OWN as OWN_PAGES

pytestmark = pytest.mark.process  # readers of files work in a process of their own

DELETIONS_LAST = sorted(
    OPERATIONS, key=lambda each: (each.method == "DELETE", "run_id" not in each.path, -len(each.path))
)
"""Snapshots before their run, and both before the batch, which cannot go while a run has it."""
FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
ODD_HEADERS: list[dict[str, str]] = [
    {},
    {"Host": "evil.example"},
    {"Origin": "null"},
    {"Content-Type": "text/plain"},
]
MOUSE = Path(sys.executable).with_name("mouse")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application, with a WebSocket and a bug in it, as the next route may have them."""
    folder = tmp_path_factory.mktemp("data")
    keep_small_demo(folder)
    app = create_app(Settings(data_dir=folder, allowed_hosts=("gpu-box",)))
    app.state.events.close()

    @app.websocket("/api/socket")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    @app.get("/api/bug")
    def fail() -> None:
        raise RuntimeError

    app.router.routes.insert(0, app.router.routes.pop())  # the page takes every name that is left
    app.router.routes.insert(0, app.router.routes.pop())
    return app


@pytest.fixture(scope="module")
def routes(app: FastAPI) -> list[RouteCase]:
    return every_route(app)


@pytest.fixture(scope="module")
def open_client(app: FastAPI) -> Generator[TestClient]:
    with TestClient(app, LOCAL, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def status(client: TestClient, route: RouteCase, headers: dict[str, str]) -> int:
    """What a route answers; of a WebSocket the code that it is closed with before it is accepted, or 200."""
    if route.method != "WEBSOCKET":
        return client.request(route.method, route.address, headers=headers).status_code
    try:
        with client.websocket_connect(f"ws://localhost:8000{route.address}", headers=headers) as socket:
            assert socket.receive_text() == "hello"
    except WebSocketDisconnect as closed:
        return closed.code
    return 200


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="needs Linux's list of sockets")
def test_check_01_without_flags_it_listens_on_loopback_only(tmp_path: Path) -> None:
    environment = os.environ | {"MOUSE_PORT": "0", "MOUSE_DATA_DIR": str(tmp_path / "data")}
    (tmp_path / "batch.safetensors").write_bytes(saved_batch())
    command = [str(MOUSE), "dashboard", str(tmp_path / "batch.safetensors"), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        assert listening_on(process.pid) == {"127.0.0.1"}
        process.send_signal(signal.SIGINT)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "gpu-box"])
def test_check_01_a_network_address_without_a_token_ends_with_one_line(host: str) -> None:
    result = CliRunner().invoke(cli, ["dashboard", "--host", host, "--no-open"])
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "no token" in line
    assert host in line


def test_check_02_a_foreign_or_empty_host_gets_4xx_on_every_http_and_websocket_route(
    routes: list[RouteCase], open_client: TestClient
) -> None:
    assert {"WEBSOCKET", "GET", "HEAD", "POST", "PUT", "DELETE"} <= {route.method for route in routes}
    refused = {"WEBSOCKET": 1008}
    for route in routes:
        for host in FOREIGN_HOSTS:
            assert status(open_client, route, {"Host": host}) == refused.get(route.method, 400), (route, host)


def test_check_02_loopback_names_and_allowed_hosts_work_on_every_route(
    routes: list[RouteCase], open_client: TestClient
) -> None:
    for route in routes:
        for host in (*OWN_HOSTS, "gpu-box"):
            found = status(open_client, route, {"Host": host, "Origin": f"http://{host}"})
            assert found not in {400, 403, 1008} or route.path == "/api/snapshots", (route, host, found)


def test_check_03_no_page_of_another_origin_writes_anything(living_dashboard: Living) -> None:
    before = living_dashboard.state()
    unsafe = [operation for operation in OPERATIONS if operation.method not in {"GET", "HEAD", "OPTIONS"}]
    assert {(each.method, each.path) for each in unsafe} == {(route.method, route.path) for route in UNSAFE}
    for operation in unsafe:
        for headers in FOREIGN_PAGES:
            answer = living_dashboard.call(operation, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), (operation, headers)
    assert living_dashboard.state() == before


def test_check_03_a_websocket_of_another_origin_is_closed_before_it_is_accepted(open_client: TestClient) -> None:
    socket = RouteCase("WEBSOCKET", "/api/socket")
    for headers in FOREIGN_PAGES:
        assert status(open_client, socket, headers) == 1008, headers
    assert status(open_client, socket, {"Origin": "http://localhost:8000"}) == 200


def test_check_03_clients_without_these_headers_and_the_own_page_write_everywhere(tmp_path: Path) -> None:
    for number, headers in enumerate(OWN_PAGES):
        with living(tmp_path / str(number)) as dashboard:
            for operation in sorted(
                OPERATIONS, key=lambda each: (each.method == "DELETE", "{run_id}" not in each.path, -len(each.path))
            ):
                if operation.method not in {"GET", "HEAD"}:
                    answer = dashboard.call(operation, headers=headers)
                    assert answer.status_code in {200, 201, 202, 204}, (operation, answer.text)


def test_check_04_json_endpoints_refuse_bodies_that_a_foreign_form_could_send(living_dashboard: Living) -> None:
    before = living_dashboard.state()
    for operation in OPERATIONS:
        if "requestBody" in operation.described:
            for content_type in FORMS:
                answer = living_dashboard.call(operation, headers={"Content-Type": content_type})
                assert answer.status_code in {415, 422}, (operation, content_type)
    assert living_dashboard.state() == before


def test_check_04_no_response_carries_cors_headers(routes: list[RouteCase], open_client: TestClient) -> None:
    page = {"Origin": "http://localhost:9999", "Access-Control-Request-Method": "POST"}
    for route in routes:
        for method in {route.method, "OPTIONS"} - {"WEBSOCKET"}:
            answer = open_client.request(method, route.address, headers=page)
            assert not [name for name in answer.headers if name.startswith("access-control-")], route
            assert method != "OPTIONS" or answer.status_code >= 400


def test_check_06_every_response_carries_the_security_headers(
    routes: list[RouteCase], open_client: TestClient, living_dashboard: Living
) -> None:
    answers = [living_dashboard.call(operation) for operation in OPERATIONS if operation.method != "DELETE"]
    seen = {answer.status_code for answer in answers}
    for route in routes:
        if route.method == "WEBSOCKET":
            continue
        answers += [open_client.request(route.method, route.address, headers=headers) for headers in ODD_HEADERS]
        answers.append(open_client.request("PATCH", route.address))
    seen |= {answer.status_code for answer in answers}
    assert {200, 201, 400, 403, 404, 405, 415, 422, 500} <= seen
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, answer.request.url
        assert_strict(answer.headers["content-security-policy"])
        assert_right_type(answer)


def assert_strict(policy: str) -> None:
    """Nothing inline or evaluated runs, nothing comes from elsewhere, nobody frames it."""
    directives = {name: sources.split() for name, _, sources in (each.partition(" ") for each in policy.split("; "))}
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == ["'self'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["base-uri"] == ["'none'"]
    allowed = {"'none'", "'self'", "data:", "blob:", "'unsafe-inline'"}
    assert {source for sources in directives.values() for source in sources} <= allowed
    assert [name for name, sources in directives.items() if "'unsafe-inline'" in sources] == ["style-src"]


def assert_right_type(answer: Any) -> None:
    kind = answer.headers.get("content-type", "")
    start = answer.content[:1]
    if answer.status_code == 204 or answer.request.method == "HEAD":
        return
    if kind == "application/json":
        answer.json()
    else:
        expected = {"text/html; charset=utf-8": b"<", "image/svg+xml": b"<"}.get(kind)
        known = {"application/octet-stream", "text/csv; charset=utf-8", "text/event-stream; charset=utf-8", "image/png"}
        assert (expected == start) if expected else kind in known | {"text/plain; charset=utf-8"}, answer.request.url


def test_check_07_nothing_is_asked_of_any_other_host(living_dashboard: Living) -> None:
    with watched() as seen:
        for operation in OPERATIONS:
            if operation.method != "DELETE":
                living_dashboard.call(operation)
    assert seen.opened
    assert seen.connected == []


def test_check_09_it_works_under_a_path_prefix_and_on_another_port(tmp_path: Path) -> None:
    with living(tmp_path, root_path="/user/me/proxy/8000") as dashboard:
        client, tunnel = dashboard.client, {"Host": "localhost:12345", "Origin": "http://localhost:12345"}
        for prefix in ("", "/user/me/proxy/8000"):
            assert client.get(f"{prefix}/api/batches", headers=tunnel).status_code == 200
            address = f"{prefix}/api/batches/{dashboard.ids['batch_id']}/evaluate"
            assert client.post(address, json={"configs": {"dqn": {}}}, headers=tunnel).status_code == 200
            sent = client.post(f"{prefix}/api/batches", content=saved_batch(seed=9), headers=OCTETS | tunnel)
            assert sent.status_code in {200, 201}
            assert client.get(f"{prefix}/", headers=tunnel).status_code in {200, 503}
        token = {"token": SecretStr("a-long-enough-secret")}
        locked = create_app(Settings(data_dir=tmp_path / "locked", root_path="/lab", **token))  # type: ignore[arg-type]
    with TestClient(locked, LOCAL, follow_redirects=False) as client:
        assert client.get("/lab/api/batches", headers=tunnel).status_code == 401
        assert client.get("/lab/api/health", headers=tunnel).status_code == 200
