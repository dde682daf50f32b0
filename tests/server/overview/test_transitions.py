"""A stored batch of transitions without order is counted as N transitions, and no episode is seen in it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

import mouse
from mouse.batch import save_batch
from tests.server.files import send

COUNT = 6


@pytest.fixture
def batch(client: TestClient, tmp_path: Path) -> dict[str, Any]:
    made = mouse.transitions(
        obs=torch.randn(COUNT, 4), next_obs=torch.randn(COUNT, 4), action=torch.zeros(COUNT).long(),
        reward=torch.ones(COUNT), done=torch.tensor([0, 0, 0, 1, 1, 2]),
        dqn=torch.randn(COUNT, 2), dqn_target_next=torch.randn(COUNT, 2),
    )  # fmt: skip
    save_batch(tmp_path / "batch.safetensors", *made)
    return send(client, (tmp_path / "batch.safetensors").read_bytes(), "sample.safetensors").json()


def test_the_batch_says_that_it_holds_transitions(batch: dict[str, Any]) -> None:
    assert (batch["transitions"], batch["B"]) == (True, COUNT)


def test_facts_leave_the_zeros_of_first_rows_out(client: TestClient, batch: dict[str, Any]) -> None:
    facts = client.get(f"/api/batches/{batch['id']}/facts").json()
    assert facts["done"] == {"running": 3, "terminal": 2, "truncated": 1, "unknown": 0}
    assert facts["reward"] == {"count": COUNT, "low": 1, "high": 1, "zero": 0}
    assert facts["episodes"] is None


def test_no_episode_is_counted(client: TestClient, batch: dict[str, Any]) -> None:
    assert client.get(f"/api/batches/{batch['id']}/data").json()["episodes"] is None


def test_a_field_of_transitions_is_drawn_without_the_zeros_of_first_rows(
    client: TestClient, batch: dict[str, Any]
) -> None:
    def drawn(name: str, index: list[int] | None = None) -> tuple[list[int], int | None]:
        body = {"group": "step_stream", "name": name, "index": index or []}
        heat = client.post(f"/api/batches/{batch['id']}/field", json=body).json()["figures"][0]
        return heat["steps"], heat["fold"]

    assert drawn("reward") == ([1, 2], 3)
    assert drawn("done") == ([1, 2], 3)
    assert drawn("obs", [2]) == ([0, 2], None), "a state that is left is a state"
