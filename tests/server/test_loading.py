"""The page is served while the application is loaded, and everything else waits for it."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.middleware import Middleware

from mouse_dashboard.cli.start_page import start_page
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.loading import LoadingApp
from tests.server.files import saved_batch


class Gate:
    """Holds the loading of an application back until it is opened."""

    def __init__(self, settings: Settings, error: Exception | None = None) -> None:
        self.opened = threading.Event()
        self._settings, self._error = settings, error

    def load(self, middleware: Sequence[Middleware]) -> FastAPI:
        assert self.opened.wait(60)
        if self._error:
            raise self._error
        return create_app(self._settings, middleware=middleware)


@contextmanager
def asked(client: TestClient, *paths: str) -> Generator[Callable[[], list[Response]]]:
    """Ask for paths in threads; what is yielded waits for the answers."""
    answers: dict[str, Response] = {}

    def ask(path: str) -> None:
        answers[path] = client.get(path)

    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()

    def all_answers() -> list[Response]:
        for thread in threads:
            thread.join(60)
        return [answers[path] for path in paths]

    yield all_answers


def test_the_page_is_there_before_the_application_and_the_rest_waits_for_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    gate = Gate(settings)
    app = LoadingApp(settings, gate.load)
    with TestClient(app, "http://localhost") as client:
        page = client.get("/")
        assert page.status_code in {200, 503}  # 503: it is not built
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400
        with asked(client, "/api/health", "/nowhere") as answers:
            gate.opened.set()
            health, nowhere = answers()
        assert health.json()["status"] == "ok"
        assert nowhere.json()["code"] == "not_found"
        assert client.get("/").status_code == page.status_code


def test_who_logs_in_before_is_logged_in_afterwards(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, token="s3cret-and-long-enough")  # pyright: ignore[reportArgumentType]
    gate = Gate(settings)
    with TestClient(LoadingApp(settings, gate.load), "http://localhost") as client:
        assert client.get("/").status_code == 401
        client.get("/", params={"token": "s3cret-and-long-enough"})
        gate.opened.set()
        assert client.get("/api/batches").status_code == 200


def test_an_application_that_cannot_be_loaded_ends_the_server_and_says_why(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    stopped = threading.Event()
    gate = Gate(settings, OSError("no room"))
    app = LoadingApp(settings, gate.load)
    app.on_failure = stopped.set
    with TestClient(app, "http://localhost") as client:
        with asked(client, "/api/health") as answers:
            gate.opened.set()
            (health,) = answers()
        assert (health.status_code, health.json()["code"]) == (503, "stopping")
        assert stopped.wait(60)
    assert str(app.failure) == "no room"


@pytest.mark.anyio
async def test_the_link_of_a_stored_batch_is_known_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes(saved_batch())
    settings = Settings(data_dir=tmp_path / "data")
    with TestClient(create_app(settings), "http://localhost") as client:
        stored = client.post("/api/batches", params={"name": "mine"}, content=file.read_bytes()).json()["id"]
    app = LoadingApp(settings, Gate(settings).load)
    assert await start_page(app, settings, file) == {"batch": stored}
