"""One request brings the demo batch: made the first time, found ever after."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mouse.losses import LOSSES
from mouse_dashboard.settings import Settings
from mouse_dashboard.store.models import BatchInfo
from tests.server.files import saved_batch


def test_the_demo_batch_runs_every_loss_and_is_stored_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    made: list[int] = []

    def make(path: Path, seed: int) -> None:
        made.append(seed)
        path.write_bytes(saved_batch())

    monkeypatch.setattr("mouse_dashboard.web.routes.batches.make_demo_batch", make)
    first, again = (client.post("/api/demo") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    info = BatchInfo.model_validate(first.json())
    assert info.name == "demo-0.safetensors"
    assert [fit.name for fit in info.losses if fit.runs] == list(LOSSES)
    assert made == [0]
    assert [batch["id"] for batch in client.get("/api/batches").json()["batches"]] == [info.id]
    assert len(list((settings.data_dir / "demo").rglob("*.safetensors"))) == 1
