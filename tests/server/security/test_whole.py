"""A Range is ignored: no file is served in parts, and none is refused outside the one schema."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.page_files import page_router
from mouse_dashboard.web.security.middleware import security_middleware
from tests.server.files import saved_batch

RANGES = ["bytes=abc", "bytes=999999999-", "bytes=0-3", "bytes=5-2", "bytes=0-1,3-4", "bytes=-0", "lines=1-2", ""]


@pytest.mark.parametrize("asked", RANGES)
def test_a_batch_is_downloaded_whole(asked: str, client: TestClient, stored: dict[str, Any]) -> None:
    answer = client.get(f"/api/batches/{stored['id']}/file", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, saved_batch())
    assert answer.headers["accept-ranges"] == "none"


@pytest.mark.parametrize("asked", RANGES)
def test_a_file_of_the_page_is_served_whole(asked: str, tmp_path: Path) -> None:
    (tmp_path / "favicon.svg").write_text("<svg/>")
    app = FastAPI(middleware=security_middleware(Settings()))
    app.include_router(page_router(tmp_path))
    with TestClient(app, "http://localhost") as client:
        answer = client.get("/favicon.svg", headers={"Range": asked})
    assert (answer.status_code, answer.text) == (200, "<svg/>")
