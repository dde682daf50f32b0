"""With a token, nothing but health answers without it."""

import logging
from collections.abc import Generator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from mouse_dashboard.app import create_app
from mouse_dashboard.settings import Settings
from tests.server.routes import ROUTES, RouteCase

TOKEN = "s3cret +&=%/ü"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data"), token=SecretStr(TOKEN)))


@pytest.fixture
def guarded(app: FastAPI) -> Generator[TestClient]:
    with TestClient(app, "http://localhost:8000", follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def locked(app: FastAPI) -> Generator[TestClient]:
    """Nobody logs in here."""
    with TestClient(app, "http://localhost:8000") as client:
        yield client


@pytest.mark.parametrize("route", [route for route in ROUTES if route.path != "/api/health"], ids=str)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}, {"Cookie": "mouse_session=wrong"}],
    ids=str,
)
def test_every_other_route_is_401(route: RouteCase, headers: dict[str, str], locked: TestClient) -> None:
    answer = locked.request(route.method, route.address, headers=headers)
    assert answer.status_code == 401
    if route.method != "HEAD":
        assert answer.json()["code"] == "no_token"


def test_health_answers(guarded: TestClient) -> None:
    assert guarded.get("/api/health").status_code == 200


def test_a_bearer_passes(guarded: TestClient) -> None:
    token = f"Bearer {TOKEN}".encode()
    assert guarded.get("/api/batches", headers={b"Authorization": token}).status_code == 200


def test_the_link_becomes_a_cookie_and_an_address_without_the_token(guarded: TestClient) -> None:
    answer = guarded.get("/", params={"batch": "a b&c", "token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "./?batch=a+b%26c")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    assert guarded.get("/api/batches").status_code == 200


def test_the_redirect_of_a_deeper_address_stays_where_it_is(guarded: TestClient) -> None:
    answer = guarded.get("//evil.example/api/batches", params={"token": TOKEN})
    assert answer.headers["location"] == "./batches"


def test_a_wrong_token_in_the_link_sets_no_cookie(guarded: TestClient) -> None:
    answer = guarded.get("/", params={"token": "wrong"})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (401, None)


def test_a_browser_without_the_token_gets_a_form_that_asks_for_it(guarded: TestClient) -> None:
    answer = guarded.get("/", headers=HTML)
    assert answer.status_code == 401
    assert 'name="token" type="password"' in answer.text


def test_under_a_prefix_the_cookie_is_for_the_prefix(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"token": SecretStr(TOKEN), "root_path": "/lab"}))
    with TestClient(app, "http://localhost:8000", follow_redirects=False) as client:
        answer = client.get("/lab/", params={"token": TOKEN})
        assert "Path=/lab" in answer.headers["set-cookie"]
        assert client.get("/lab/api/batches").status_code == 200
        assert client.get("/lab/api/health", headers={"Cookie": ""}).status_code == 200


def test_the_token_is_in_no_answer_no_log_and_no_text_of_the_settings(
    guarded: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            guarded.get("/", params={"token": TOKEN}, headers=HTML),
            guarded.get("/", params={"token": TOKEN + "x"}, headers=HTML),
            guarded.get("/nothing"),
            guarded.get("/api/batches/x"),
        ]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    settings = Settings(token=SecretStr(TOKEN))
    for text in [
        *(f"{answer.headers}{answer.text}" for answer in answers),
        *ours,
        repr(settings),
        settings.model_dump_json(),
    ]:
        assert "s3cret" not in text
