"""How long a file that waits for a mapping is kept."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.store import imports as pending
from mouse_dashboard.web.app import create_app
from tests.mapping.files import gymnasium
from tests.server.files import npz, send
from tests.server.imports.rollouts import MAPPING, mapped, rollout

pytestmark = pytest.mark.usefixtures("in_this_process")


def test_a_restart_forgets_nothing(settings: Settings) -> None:
    with TestClient(create_app(settings), "http://localhost") as before:
        told = send(before, rollout(), "rollout.npz").json()
    with TestClient(create_app(settings), "http://localhost") as after:
        assert after.get(f"/api/imports/{told['id']}").json() == told
        info = mapped(after, told)
    with TestClient(create_app(settings), "http://localhost") as last:
        assert last.get(f"/api/batches/{info['id']}").json() == info


def test_a_file_that_is_not_whole_is_forgotten(settings: Settings) -> None:
    with TestClient(create_app(settings), "http://localhost") as before:
        told = send(before, rollout()).json()
    (settings.data_dir / "imports" / f"{told['id']}.safetensors").write_bytes(b"short")
    with TestClient(create_app(settings), "http://localhost") as after:
        assert after.get(f"/api/imports/{told['id']}").status_code == 404
        assert send(after, rollout()).json() == told


def test_a_deleted_file_is_gone(client: TestClient, waiting: dict[str, Any], settings: Settings) -> None:
    address = f"/api/imports/{waiting['id']}"
    assert client.delete(address).status_code == 204
    assert list((settings.data_dir / "imports").iterdir()) == []
    for answer in (
        client.get(address),
        client.delete(address),
        client.post(f"{address}/preview", json={"mapping": MAPPING}),
        client.post(f"{address}/batch", json={"mapping": MAPPING}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_import")


def test_the_oldest_are_dropped_beyond_the_cap(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MAX_PENDING", 2)
    ids = [send(client, rollout(seed=gymnasium()["rewards"] + seed)).json()["id"] for seed in range(3)]
    assert [client.get(f"/api/imports/{each}").status_code for each in ids] == [404, 200, 200]
    assert {path.stem for path in (settings.data_dir / "imports").iterdir()} == {*ids[1:]}


def test_the_oldest_are_dropped_beyond_the_bytes(settings: Settings) -> None:
    small = settings.model_copy(update={"max_upload_bytes": 60_000})
    with TestClient(create_app(small), "http://localhost") as client:
        files = [npz(rewards=np.full(5000, float(seed))) for seed in range(4)]  # 40 kB each, room for 120 kB
        ids = [send(client, file).json()["id"] for file in files]
        assert [client.get(f"/api/imports/{each}").status_code for each in ids] == [404, 404, 200, 200]
