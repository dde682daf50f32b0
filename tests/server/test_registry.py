"""An application of other losses than the library's: every part of it asks the registry that it was given."""

from collections.abc import Generator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from mouse.losses import LOSSES
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.runs.snapshot_worker import examine
from mouse_dashboard.runs.store import Pending
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.batches import random_batch
from tests.server.files import saved_batch, send
from tests.server.imports.rollouts import MAPPING, rollout

MINE = {"mine": replace(LOSSES["dqn"], name="mine")}
LOCAL = "http://localhost:8000"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Generator[TestClient]:
    with TestClient(create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), MINE), LOCAL) as client:
        yield client


@pytest.fixture(scope="module")
def batch_id(client: TestClient) -> str:
    return send(client, saved_batch()).json()["id"]


def test_a_batch_is_ready_for_the_registrys_losses(client: TestClient, batch_id: str) -> None:
    losses = client.get(f"/api/batches/{batch_id}").json()["losses"]
    assert losses == [{"name": "mine", "runs": True, "missing": []}]


def test_the_doctor_examines_the_registrys_losses(client: TestClient, batch_id: str) -> None:
    report = client.post(f"/api/batches/{batch_id}/doctor", json={"configs": {"mine": {}}}).json()
    assert {"gradient-not-finite", "reward-sign-flip"} <= {*report["checked"]}


@pytest.mark.process
def test_a_preview_says_which_of_the_registrys_losses_could_run(client: TestClient) -> None:
    waiting = send(client, rollout()).json()
    losses = client.post(f"/api/imports/{waiting['id']}/preview", json={"mapping": MAPPING}).json()["losses"]
    assert losses == [{"name": "mine", "runs": True, "missing": []}]


def test_a_wrong_setting_is_answered_with_what_its_loss_expects(client: TestClient, batch_id: str) -> None:
    asked = {"configs": {"mine": {"gamma": 2}}}
    problem = client.post(f"/api/batches/{batch_id}/evaluate", json=asked).json()
    assert problem["message"].startswith("configs.mine.gamma: found 2, expected 0 to 1; type a number in that range")


def test_a_snapshot_is_examined_by_the_registrys_losses() -> None:
    pending = Pending(0, "", {"mine": {}}, 1, {})
    examined, _ = examine(random_batch(), pending, MINE, CancelToken(60))
    assert list(examined.losses) == ["mine"]
    assert examined.findings is not None
