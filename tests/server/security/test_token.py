"""With a token, nothing but health answers without it."""

from collections.abc import Generator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app

TOKEN = "s3cret +&=%/ü"
HTML = {"Accept": "text/html"}
OWN_PAGE = HTML | {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}


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


@pytest.mark.parametrize(
    ("address", "location"),
    [("/?token=wrong&batch=x", "./login?batch=x&wrong_token=1"), ("/a/b?token=wrong", "./../login?wrong_token=1")],
)
def test_a_wrong_token_leaves_the_address_and_is_said_on_the_login_page(
    address: str, location: str, guarded: TestClient
) -> None:
    answer = guarded.get(address, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, location)
    assert "set-cookie" not in answer.headers
    page = guarded.get("/login?batch=x&wrong_token=1", headers=HTML)
    assert (page.status_code, "This token is wrong" in page.text) == (401, True)
    assert 'action="./login?batch=x"' in page.text


def test_the_form_posts_the_token_and_a_wrong_one_is_said(guarded: TestClient) -> None:
    wrong = guarded.post("/login?batch=x", data={"token": "wrong"}, headers=OWN_PAGE)
    assert (wrong.status_code, "This token is wrong" in wrong.text) == (401, True)
    assert wrong.headers["referrer-policy"] == "same-origin"  # else a browser hides where the form comes from
    right = guarded.post("/login?batch=x", data={"token": TOKEN}, headers=OWN_PAGE)
    assert (right.status_code, right.headers["location"]) == (303, "./?batch=x")
    assert guarded.get("/api/batches").status_code == 200
    assert guarded.get("/login?batch=x&wrong_token=1", headers=HTML).headers["location"] == "./?batch=x"
    assert guarded.get("/?batch=x&token=old", headers=HTML).headers["location"] == "./?batch=x"


@pytest.mark.parametrize("content", [b"", b"token", b"token=" + b"x" * 5000, b"\xff=%ff", b"token=%ff"])
def test_a_form_that_is_none_holds_no_token(content: bytes, guarded: TestClient) -> None:
    assert guarded.post("/login", content=content).status_code == 401


def test_pages_of_other_origins_cannot_log_in(guarded: TestClient) -> None:
    for origin in ("null", "http://localhost:9999"):
        assert guarded.post("/login", data={"token": TOKEN}, headers={"Origin": origin}).status_code == 403


def test_who_comes_from_another_site_asks_once_more_because_strict_cookies_were_kept_back(guarded: TestClient) -> None:
    cross = HTML | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert 'http-equiv="refresh"' in guarded.get("/", headers=cross).text
    assert 'http-equiv="refresh"' not in guarded.get("/", headers=HTML | {"Sec-Fetch-Site": "same-origin"}).text


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://localhost:8000"}, {"X-Forwarded-Proto": "https"}],
    ids=str,
)
def test_with_tls_in_front_the_cookie_is_secure(headers: dict[str, str], guarded: TestClient) -> None:
    assert "Secure" in guarded.post("/login", data={"token": TOKEN}, headers=headers).headers["set-cookie"]
    assert "Secure" not in guarded.post("/login", data={"token": TOKEN}, headers=OWN_PAGE).headers["set-cookie"]


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost:8000", "mouse_session_8000"), ("localhost:9000", "mouse_session_8000_9000"),
     ("localhost", "mouse_session_8000")],
)  # fmt: skip
def test_the_cookie_is_named_after_the_port_listened_on_and_a_tunnels(
    host: str, name: str, guarded: TestClient
) -> None:
    answer = guarded.post("/login", data={"token": TOKEN}, headers={"Host": host})
    assert answer.headers["set-cookie"].partition("=")[0] == name


def test_a_cookie_of_a_shorter_path_does_not_hide_ours(guarded: TestClient) -> None:
    pair = guarded.get("/", params={"token": TOKEN}).headers["set-cookie"].partition(";")[0]
    guarded.cookies.clear()
    other = "mouse_session_8000=of-another"
    for cookies in (f"{pair}; {other}", f"{other}; {pair}"):
        assert guarded.get("/api/batches", headers={"Cookie": cookies}).status_code == 200


def test_under_a_prefix_the_cookie_is_for_the_prefix(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"token": SecretStr(TOKEN), "root_path": "/lab"}))
    with TestClient(app, "http://localhost:8000", follow_redirects=False) as client:
        answer = client.get("/lab/", params={"token": TOKEN})
        assert "Path=/lab" in answer.headers["set-cookie"]
        assert client.get("/lab/api/batches").status_code == 200
        assert client.get("/lab/api/health", headers={"Cookie": ""}).status_code == 200
