"""A dashboard without a socket, and a batch in it."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.files import keep_small_demo, saved_batch, send

LOCAL = "http://localhost:8000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def client(settings: Settings) -> Generator[TestClient]:
    with TestClient(create_app(settings), LOCAL) as client:
        yield client


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Generator[TestClient]:
    """One for all tests that change nothing."""
    folder = tmp_path_factory.mktemp("data")
    keep_small_demo(folder)
    app = create_app(Settings(data_dir=folder))
    app.state.events.close()  # a stream of events ends at once, where it would never
    with TestClient(app, LOCAL) as client:
        yield client


@pytest.fixture
def stored(client: TestClient) -> dict[str, Any]:
    """What the dashboard tells of a batch that it keeps."""
    return send(client, saved_batch()).json()
