"""The page is served with the right lifetime, under any prefix, and its absence is told."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.handlers import install_handlers
from mouse_dashboard.web.page_files import page_router
from mouse_dashboard.web.root_path import RedirectToSlash
from mouse_dashboard.web.security.headers import HEADERS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "page"


@pytest.fixture
def page(folder: Path) -> Generator[TestClient]:
    app = FastAPI()
    install_handlers(app)
    app.include_router(page_router(folder))
    with TestClient(app, "http://localhost") as client:
        yield client


def build(folder: Path) -> None:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>the page")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-abc123.js").write_text("let page;")


def test_where_it_is_not_built_the_command_that_builds_it_is_told(page: TestClient) -> None:
    answer = page.get("/")
    assert (answer.status_code, "make install" in answer.text) == (503, True)


def test_it_is_found_as_soon_as_it_is_built(page: TestClient, folder: Path) -> None:
    page.get("/")
    build(folder)
    answer = page.get("/")
    assert (answer.status_code, answer.text) == (200, "<!doctype html>the page")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("address", "kept", "kind"),
    [("/", "no-cache", "text/html"), ("/favicon.svg", "no-cache", "image/svg+xml"),
     ("/assets/index-abc123.js", "public, max-age=31536000, immutable", "text/javascript")],
)  # fmt: skip
def test_only_hashed_files_are_kept_for_long(
    address: str, kept: str, kind: str, page: TestClient, folder: Path
) -> None:
    build(folder)
    answer = page.get(address)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, kept)
    assert answer.headers["content-type"].startswith(kind)
    again = page.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, kept)


@pytest.mark.parametrize(
    "address",
    ["/nothing", "/assets", "/assets/", "/assets/nothing.js", "/%2e%2e/secret", "/..%2fsecret",
     "/assets/..%2f..%2fsecret", "/a%00b", "/" + "x" * 4000],
)  # fmt: skip
def test_anything_else_is_404(address: str, page: TestClient, folder: Path) -> None:
    build(folder)
    (folder.parent / "secret").write_text("secret")
    answer = page.get(address)
    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.parametrize("prefix", ["", "/lab"])
def test_under_a_prefix_it_works_whether_the_proxy_strips_it_or_not(prefix: str, settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"root_path": "/lab"}))
    with TestClient(app, "http://localhost") as client:
        assert client.get(f"{prefix}/api/health").status_code == 200
        assert client.get(f"{prefix}/api/nothing").json()["code"] == "not_found"
        assert client.get(f"{prefix}/").status_code in {200, 503}
        assert client.get(f"{prefix}/assets/nothing.js").status_code == 404
    assert create_app(Settings()).openapi() == app.openapi()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("address", "target"), [("/user/me", "./me/"), ("/user/me?view=dqn&x=%2F%26", "./me/?view=dqn&x=%2F%26")]
)
def test_the_prefix_alone_is_sent_on_to_the_page(method: str, address: str, target: str, settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"root_path": "/user/me"}))
    with TestClient(app, "http://localhost", follow_redirects=False) as client:
        answer = client.request(method, address)
        assert (answer.status_code, answer.headers["location"]) == (307, target)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert client.request(method, "/user/me/").status_code in {200, 503}
        assert client.request(method, address, headers={"Host": "evil.example"}).status_code == 400
        assert client.post(address).status_code in {404, 405}
        for other in ("/user/mean", "/user", "/user/me/nothing"):
            assert client.request(method, other).status_code == 404


def test_the_prefix_alone_asks_for_the_token_first(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"root_path": "/lab", "token": SecretStr("secret")}))
    with TestClient(app, "http://localhost", follow_redirects=False) as client:
        assert client.get("/lab").status_code == 401
        assert client.get("/lab?token=secret").headers["location"] == "./lab"
        assert client.get("/lab").headers["location"] == "./lab/"


def test_a_query_of_any_bytes_is_sent_on() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def nothing(*_: Any) -> Any:
        return None

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/lab", "query_string": b"x=\xff<", "headers": []}
    asyncio.run(RedirectToSlash(nothing, "/lab")(scope, nothing, send))
    assert (b"location", b"./lab/?x=%FF%3C") in sent[0]["headers"]
