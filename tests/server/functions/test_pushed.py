"""A training loop pushes batches of its own loss to a dashboard that knows the function."""

import time
from pathlib import Path
from typing import Any

import pytest

from mouse.batch import batch_bytes
from mouse.client.snapshot import take_snapshot
from mouse.tracing.function_file import FunctionAddress
from tests.server.files import OCTETS
from tests.server.functions.own import PPO, dashboard_with, evaluated, ppo_batch
from tests.server.runs.pushed import push

pytestmark = pytest.mark.process
PATIENCE = 60


def test_a_snapshot_names_the_functions_that_are_trained(tmp_path: Path) -> None:
    (tmp_path / "pushed_losses.py").write_text(PPO)
    function = FunctionAddress(tmp_path / "pushed_losses.py", "ppo_loss").load()
    snapshot = take_snapshot(*ppo_batch(), step=3, configs={}, losses=[function], metrics={}, max_sequences=None)
    assert snapshot.fields["configs"] == {"ppo_loss": {}}


def test_its_snapshots_are_examined_under_that_loss(tmp_path: Path) -> None:
    (tmp_path / "my_losses.py").write_text(PPO)
    with dashboard_with(tmp_path, "my_losses.py:ppo_loss") as client:
        parameters: dict[str, Any] = {"name": "snapshot.safetensors", "listed": False}
        sent = client.post("/api/batches", params=parameters, content=batch_bytes(*ppo_batch()), headers=OCTETS)
        batch_id = sent.json()["id"]
        stored = push(client, 3, batch_id=batch_id, configs={"ppo_loss": {}})
        assert stored.status_code == 201, stored.text
        run = client.get("/api/runs").json()["runs"][0]["id"]
        end = time.monotonic() + PATIENCE
        while (snapshot := client.get(f"/api/runs/{run}").json()["timeline"][0])["state"] != "examined":
            assert time.monotonic() < end, snapshot
        shown = evaluated(client, batch_id, "ppo_loss")["losses"]["ppo_loss"]["loss"]
        assert snapshot["losses"]["ppo_loss"]["loss"] == shown


def test_a_dashboard_that_does_not_know_the_function_says_which_losses_it_knows(tmp_path: Path) -> None:
    (tmp_path / "my_losses.py").write_text(PPO)
    with dashboard_with(tmp_path, "my_losses.py:ppo_loss") as client:
        refused = push(client, 4, batch_id="0" * 64, configs={"other_loss": {}})
        assert refused.status_code == 422
        assert refused.json()["field"] == "configs.other_loss"
