"""Check 5: with a token, nothing but health answers without it, and nobody learns it."""

import hmac
import logging
import secrets
from collections.abc import Generator
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.conftest import LOCAL
from tests.server.files import keep_small_demo
from tests.server.routes import ROUTES

TOKEN = "s3cret-+&=%/ü-long-enough"
OPEN = {"/api/health"}
HTML = {"Accept": "text/html"}
WRONG: list[dict[str, str]] = [
    {}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}, {"Authorization": TOKEN.replace("ü", "")},
    {"Cookie": "mouse_session=wrong"}, {"Cookie": "mouse_session_8000=wrong"}, HTML,
]  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("data")
    keep_small_demo(folder)
    return create_app(Settings(data_dir=folder, token=SecretStr(TOKEN)))


@pytest.fixture
def guarded(app: FastAPI) -> Generator[TestClient]:
    app.state.events.close()
    with TestClient(app, LOCAL, follow_redirects=False) as client:
        yield client


@pytest.mark.slow
def test_check_05_every_route_but_health_and_login_is_401_without_the_token(guarded: TestClient) -> None:
    for route in ROUTES:
        for headers in WRONG:
            answer = guarded.request(route.method, route.address, headers=headers)
            if route.path in OPEN or route.path.endswith("/login"):
                assert answer.status_code != 401
                continue
            slowed_down = {429} if headers else set[int]()  # many wrong ones
            assert answer.status_code in {401} | slowed_down, (route, headers)
            assert "set-cookie" not in answer.headers
            if route.method != "HEAD" and not headers:
                assert answer.json()["code"] == "no_token"


def test_check_05_the_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, guarded: TestClient) -> None:
    compared: list[Any] = []
    original = hmac.compare_digest

    def compare(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return original(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    monkeypatch.setattr(secrets, "compare_digest", compare)
    assert guarded.get("/api/batches", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert any(b"wrong" in pair or "wrong" in pair for pair in compared)
    compared.clear()
    assert guarded.get("/", params={"token": "wrong"}).status_code == 401
    assert compared


def test_check_05_the_link_becomes_a_redirect_and_a_strict_cookie(guarded: TestClient) -> None:
    answer = guarded.get("/", params={"batch": "a b&c", "token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "./?batch=a+b%26c")
    cookie = answer.headers["set-cookie"]
    assert {"httponly", "samesite=strict"} <= set(cookie.lower().split("; "))
    assert TOKEN not in cookie
    assert guarded.get("/api/batches").status_code == 200


def test_check_05_the_token_is_in_no_answer_no_log_and_no_text_of_the_settings(
    guarded: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            guarded.get("/", params={"token": TOKEN}, headers=HTML),
            guarded.get("/", params={"token": TOKEN + "x"}, headers=HTML),
            *(guarded.request(route.method, route.address) for route in ROUTES),
        ]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    settings = Settings(token=SecretStr(TOKEN))
    said = [f"{answer.headers}{answer.text}" for answer in answers]
    for text in [*said, *ours, repr(settings), settings.model_dump_json()]:
        assert "s3cret" not in text
