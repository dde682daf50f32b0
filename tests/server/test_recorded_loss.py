"""A loss that was recorded: one field of a batch is the loss, without code, and everything that needs none works."""

from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient
from tensordict import TensorDict

from mouse.batch import batch_bytes, save_batch
from mouse.client.snapshot import take_snapshot
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.conftest import LOCAL
from tests.server.files import send

CONFIGS: dict[str, Any] = {"recorded": {}}


def rollout(seed: int = 0) -> tuple[TensorDict, TensorDict]:
    """What a training loop of its own recorded, with nothing that a loss of mouse reads."""
    generator = torch.Generator().manual_seed(seed)
    fields = {name: torch.randn(5, 9, generator=generator) for name in ("ratio", "advantage", "pg_loss")}
    fields["clipped"] = fields["ratio"] > 1
    fields["logits"] = torch.randn(5, 9, 3, generator=generator)
    return TensorDict(fields, batch_size=[5, 9]), TensorDict({}, batch_size=[5, 9])


@pytest.fixture
def recorded(client: TestClient) -> dict[str, Any]:
    return send(client, batch_bytes(*rollout(), loss="pg_loss")).json()


def evaluate(client: TestClient, batch: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = client.post(f"/api/batches/{batch['id']}/evaluate", json={"configs": CONFIGS, **more})
    assert response.status_code == 200, response.text
    return response.json()


def runs(batch: dict[str, Any]) -> bool:
    return any(each["runs"] for each in batch["losses"] if each["name"] == "recorded")


def test_a_file_names_its_loss_and_the_mean_on_screen_is_that_of_the_field(
    client: TestClient, recorded: dict[str, Any]
) -> None:
    assert recorded["loss_field"] == "pg_loss"
    assert runs(recorded)
    result = evaluate(client, recorded)["losses"]["recorded"]
    assert result["loss"] == float(rollout()[0]["pg_loss"].mean())
    assert "mean of pg_loss" in result["note"]


def test_the_other_fields_are_its_terms(client: TestClient, recorded: dict[str, Any]) -> None:
    losses = client.post(f"/api/batches/{recorded['id']}/losses", json={"configs": CONFIGS}).json()
    terms = {term["name"]: term["dims"] for term in losses[-1]["terms"]}
    assert losses[-1]["per_batch"]
    step = ["batch", "step"]
    assert terms == {
        "advantage": step, "clipped": step, "logits": [*step, "index"], "ratio": step, "loss": step,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["map", "histogram", "share_curve"])
def test_figures_that_need_no_formula_are_drawn(client: TestClient, recorded: dict[str, Any], kind: str) -> None:
    figure = {"kind": kind, "loss": "recorded", "term": "loss"}
    drawn = evaluate(client, recorded, figures=[figure])["figures"][0]
    assert drawn["figure"]["data"], drawn["note"]


def test_a_transition_shows_every_field_of_its_step(client: TestClient, recorded: dict[str, Any]) -> None:
    body = {"configs": CONFIGS, "loss": "recorded", "term": "loss", "rows": [2, 3], "steps": [4, 5]}
    found = client.post(f"/api/batches/{recorded['id']}/transition", json=body).json()
    values = {term["name"]: term["value"] for term in found["terms"]}
    step_stream, _ = rollout()
    assert values["loss"] == float(step_stream["pg_loss"][2, 4])
    assert values["ratio"] == float(step_stream["ratio"][2, 4])
    assert {term["latex_values"] for term in found["terms"]} == {None}


def test_a_value_that_is_not_finite_is_not_hidden(client: TestClient) -> None:
    step_stream, out = rollout()
    step_stream["pg_loss"][1, 2] = torch.nan
    batch = send(client, batch_bytes(step_stream, out, loss="pg_loss")).json()
    result = evaluate(client, batch)["losses"]["recorded"]
    assert result["loss"] == "NaN"
    assert {each["term"]: each["nan"] for each in result["health"]}["loss"] == 1


def test_a_field_is_named_and_another_one_and_none(client: TestClient) -> None:
    batch = send(client, batch_bytes(*rollout())).json()
    assert not runs(batch)
    address = f"/api/batches/{batch['id']}/loss_field"
    for name in ("pg_loss", "advantage"):
        named = client.put(address, json={"loss_field": name}).json()
        assert runs(named)
        assert evaluate(client, batch)["losses"]["recorded"]["loss"] == float(rollout()[0][name].mean())
    assert not runs(client.put(address, json={"loss_field": None}).json())
    error = evaluate(client, batch)["losses"]["recorded"]["error"]
    assert error["field"] == "loss_field"


@pytest.mark.parametrize("name", ["logits", "nothing", "x" * 2000])
def test_a_field_that_cannot_be_a_loss_is_refused(client: TestClient, recorded: dict[str, Any], name: str) -> None:
    response = client.put(f"/api/batches/{recorded['id']}/loss_field", json={"loss_field": name})
    assert response.status_code == 422
    assert "loss_field" in response.json()["message"]
    assert client.get(f"/api/batches/{recorded['id']}").json()["loss_field"] == "pg_loss"


def test_a_batch_that_is_not_here_has_no_loss_to_name(client: TestClient) -> None:
    assert client.put(f"/api/batches/{'0' * 64}/loss_field", json={"loss_field": None}).status_code == 404


def test_a_named_field_outlives_a_restart_and_a_lost_data_base(settings: Settings) -> None:
    with TestClient(create_app(settings), base_url=LOCAL) as client:
        batch = send(client, batch_bytes(*rollout())).json()
        client.put(f"/api/batches/{batch['id']}/loss_field", json={"loss_field": "advantage"})
    for _ in range(2):
        with TestClient(create_app(settings), base_url=LOCAL) as client:
            assert client.get(f"/api/batches/{batch['id']}").json()["loss_field"] == "advantage"
        for file in settings.data_dir.glob("mouse.db*"):
            file.unlink()


def test_the_script_prints_the_loss_of_the_page(
    client: TestClient, recorded: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = client.post(f"/api/batches/{recorded['id']}/script", json={"configs": CONFIGS, "loss": "recorded"}).json()[
        "text"
    ]
    save_batch(tmp_path / "batch.safetensors", *rollout(), loss="pg_loss")
    exec(code.replace("'batch.safetensors'", repr(str(tmp_path / "batch.safetensors"))), {})  # noqa: S102
    shown = evaluate(client, recorded)["losses"]["recorded"]["loss"]
    assert capsys.readouterr().out.strip() == f"recorded = {shown}"


def test_a_pushed_batch_names_its_loss_and_the_run_shows_it() -> None:
    snapshot = take_snapshot(*rollout(), step=3, configs={}, loss="pg_loss", metrics={}, max_sequences=None)
    assert snapshot.loss == "pg_loss"
    assert snapshot.fields["configs"] == {"recorded": {}}


def test_items_without_order_have_a_number_and_no_step(client: TestClient) -> None:
    loss = torch.tensor([[3.0], [9.0], [1.0]])
    batch = TensorDict({"pg_loss": loss, "ratio": loss / 3}, batch_size=[3, 1])
    sent = send(client, batch_bytes(batch, TensorDict({}, batch_size=[3, 1]), loss="pg_loss")).json()
    found = evaluate(client, sent, figures=[{"kind": "worst", "loss": "recorded", "term": "loss"}])
    (worst,) = found["figures"]
    assert [column["name"] for column in worst["table"]["columns"]] == ["item", "loss", "% of loss", "ratio"]
    assert [[row[0], row[1], row[3]] for row in worst["table"]["rows"]] == [
        [1, 9, 3],
        [0, 3, 1],
        [2, 1, pytest.approx(1 / 3)],
    ]
    assert worst["table"]["places"] == [[1, 0], [0, 0], [2, 0]]
    assert "3 of 3 items" in worst["note"]
