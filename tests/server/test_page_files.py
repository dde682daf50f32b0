"""The page is served with the right lifetime, under any prefix, and its absence is told."""

from collections.abc import Generator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from server.app import create_app
from server.errors import install_handlers
from server.page_files import page_router
from server.settings import Settings


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
