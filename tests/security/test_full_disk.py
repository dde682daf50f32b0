"""On a full disk reading, deleting and starting go on."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.files import npz, saved_batch, send
from tests.server.runs.pushed import push
from tests.server.store.sqlite_errors import no_room

pytestmark = pytest.mark.process

LOCAL = "http://localhost:8000"


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    mount = shutil.which("mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mount or subprocess.run([mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=False).returncode:
        pytest.skip("only root may mount a small disk; the test below proves the same with an injected error")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)  # noqa: S607


def fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


def check_reading(client: TestClient, batch_id: str) -> None:
    assert batch_id in {batch["id"] for batch in client.get("/api/batches").json()["batches"]}
    assert client.get(f"/api/batches/{batch_id}/file").content == saved_batch()
    assert client.post(f"/api/batches/{batch_id}/evaluate", json={"configs": {"dqn": {}}}).status_code == 200


def test_check_38_on_a_full_disk_reading_deleting_and_starting_work_and_uploads_say_507(small_disk: Path) -> None:
    settings = Settings(data_dir=small_disk / "data")
    with TestClient(create_app(settings), LOCAL) as client:
        first, second = (send(client, saved_batch(seed=seed)).json()["id"] for seed in (0, 7))
        run = push(client, 1).json()["run"]["id"]
        fill(small_disk / "ballast")
        check_reading(client, first)
        refused = send(client, saved_batch(seed=2, rows=64))
        assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
        assert push(client, 2, batch_id=second).status_code == 507
        assert client.delete(f"/api/batches/{second}").status_code == 204
        fill(small_disk / "more")
        assert client.delete(f"/api/runs/{run}").status_code == 204
        fill(small_disk / "rest")
    with TestClient(create_app(settings), LOCAL) as client:
        check_reading(client, first)
        for ballast in ("ballast", "more", "rest"):
            (small_disk / ballast).unlink()
        assert send(client, saved_batch(seed=2, rows=64)).status_code == 201
        assert push(client, 3).status_code == 201
        assert client.delete(f"/api/batches/{first}").status_code == 204


def test_check_38_a_deletion_has_the_reserved_room_where_the_data_base_has_none(
    client: TestClient, settings: Settings
) -> None:
    batch_id = send(client, saved_batch()).json()["id"]
    unmapped = send(client, npz(unknown=np.zeros((4, 7), np.float32)), "unmapped.npz").json()["id"]
    run = push(client, 1).json()["run"]["id"]
    reserve = settings.data_dir / "mouse.reserve"
    assert reserve.stat().st_size > 1 << 20

    def full(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and reserve.stat().st_size:
            raise no_room()

    engine = client.app.state.store.engine  # pyright: ignore
    event.listen(engine, "before_cursor_execute", full)
    try:
        assert send(client, saved_batch(seed=5)).status_code == 507
        assert client.delete(f"/api/batches/{batch_id}").status_code == 204
        assert client.delete(f"/api/imports/{unmapped}").status_code == 204
        assert client.delete(f"/api/runs/{run}").status_code == 204
    finally:
        event.remove(engine, "before_cursor_execute", full)
    assert reserve.stat().st_size > 1 << 20, "reserved again"
