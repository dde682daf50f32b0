"""With a token, nothing but health answers without it."""

from collections.abc import Generator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from mouse_dashboard.app import create_app
from mouse_dashboard.settings import Settings

TOKEN = "s3cret +&=%/ü"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data"), token=SecretStr(TOKEN)))


@pytest.fixture
def guarded(app: FastAPI) -> Generator[TestClient]:
    with TestClient(app, "http://localhost:8000", follow_redirects=False) as client:
        yield client


def test_health_answers(guarded: TestClient) -> None:
    assert guarded.get("/api/health").status_code == 200


def test_a_bearer_passes(guarded: TestClient) -> None:
    token = f"Bearer {TOKEN}".encode()
    assert guarded.get("/api/batches", headers={b"Authorization": token}).status_code == 200


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
