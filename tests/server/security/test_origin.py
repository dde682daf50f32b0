"""Pages of other origins cannot write."""

import pytest
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.files import OCTETS, saved_batch
from tests.server.routes import SOME_ID

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "http://localhost:8000.evil.example"},
    {"Origin": "file://localhost:8000"},
    {"Origin": "localhost:8000"},
    {"Origin": ""},
]
OWN = [{}, {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}, {"Origin": "https://localhost:8000"}]


@pytest.mark.parametrize(
    ("allowed", "host", "origin", "passes"),
    [
        ("gpu-box", "gpu-box:8000", "http://gpu-box:8000", True),
        ("gpu-box", "gpu-box:8000", "http://gpu-box:9999", False),
        ("gpu-box", "gpu-box:8000", "http://gpu-box", False),
        ("gpu-box", "gpu-box", "https://gpu-box", True),  # TLS in front
        ("gpu-box", "gpu-box", "https://gpu-box:443", True),
        ("gpu-box", "gpu-box:443", "https://gpu-box", True),
        ("gpu-box", "gpu-box", "http://gpu-box:443", False),
        ("gpu-box", "gpu-box", "https://gpu-box:8443", False),
        ("gpu-box:8443", "gpu-box:8443", "https://gpu-box:8443", True),
        ("hub.example", "localhost:8000", "https://hub.example", True),  # a proxy that puts another Host in place
        ("hub.example", "localhost:8000", "https://hub.example:9999", False),
        ("hub.example:8443", "localhost:8000", "https://hub.example:8443", True),
        ("hub.example:8443", "localhost:8000", "https://hub.example", False),
        ("", "localhost:9000", "http://localhost:9000", True),  # an SSH tunnel on another local port
        ("", "localhost:9000", "http://localhost:8000", False),
        ("", "localhost:9000", "http://127.0.0.1:9000", False),
        ("", "[::1]:9000", "http://[::1]:9000", True),
        ("", "localhost", "ftp://localhost", False),
        ("", "localhost:8000", "http://localhost:8000/", False),
    ],
)
def test_scheme_host_and_port_are_compared(
    allowed: str, host: str, origin: str, passes: bool, settings: Settings
) -> None:
    app = create_app(Settings(data_dir=settings.data_dir, allowed_hosts=allowed))  # type: ignore[arg-type]
    with TestClient(app, "http://localhost:8000") as client:
        answer = client.delete(f"/api/batches/{SOME_ID}", headers={"Host": host, "Origin": origin})
    assert answer.status_code == (404 if passes else 403)


def test_a_proxy_that_keeps_its_own_name_passes_once_the_name_is_allowed(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"allowed_hosts": ("hub.example",)}))
    with TestClient(app, "http://localhost:8000") as client:
        headers = OCTETS | {"Origin": "https://hub.example"}
        assert client.post("/api/batches", content=saved_batch(), headers=headers).status_code == 201
