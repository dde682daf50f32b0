"""Data folders as a start finds them, and the dashboard on one."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from mouse_dashboard.settings import Settings
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.data_folder import DataFolderError
from mouse_dashboard.web.app import create_app
from tests.server.runs.stores import FILE_LIMITS

RUNNER = CliRunner()


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name != "mouse.lock"
    }


def refused(folder: Path) -> str:
    """What a start says that refuses a folder and changes nothing in it."""
    before = files(folder)
    with pytest.raises(DataFolderError) as error:
        BatchStore(folder, FILE_LIMITS)
    assert files(folder) == before
    assert str(error.value).startswith(str(folder))
    return str(error.value)


def dashboard(folder: Path) -> TestClient:
    return TestClient(create_app(Settings(data_dir=folder)), "http://localhost")


def listed(client: TestClient) -> list[dict[str, Any]]:
    return client.get("/api/batches").json()["batches"]
