"""A plain function of the user's is a loss like any other: its numbers, terms, figures, transitions and files."""

import csv
import io
import math
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

import mouse
from mouse.tracing import Explained
from mouse.tracing.function_file import FunctionAddress
from tests.server.exports.test_script import run
from tests.server.functions.own import (
    ACTIONS,
    PPO,
    ROWS,
    STEPS,
    dashboard_with,
    described,
    evaluated,
    ppo_batch,
    send_batch,
)

pytestmark = pytest.mark.process

NAMED = ["log_prob", "ratio", "normalised.centred", "adv", "pg_loss", "v_loss", "loss"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "my_losses.py").write_text(PPO)
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Generator[TestClient]:
    with dashboard_with(folder, "my_losses.py:ppo_loss") as client:
        yield client


@pytest.fixture(scope="module")
def batch_id(client: TestClient) -> str:
    return send_batch(client)


@pytest.fixture(scope="module")
def explained(folder: Path) -> Explained:
    path = list(sys.path)
    function = FunctionAddress.parse(f"{folder}/my_losses.py:ppo_loss").load()
    sys.path[:] = path
    return mouse.explain(function, *ppo_batch(), clip=0.1)


def test_it_stands_before_the_declared_losses_and_runs_where_its_fields_are(client: TestClient, batch_id: str) -> None:
    assert [loss["name"] for loss in client.get("/api/losses").json()][:2] == ["ppo_loss", "dqn"]
    ready = {each["name"]: each for each in client.get(f"/api/batches/{batch_id}").json()["losses"]}
    assert ready["ppo_loss"] == {"name": "ppo_loss", "runs": True, "missing": []}
    step_stream, out = ppo_batch()
    other = send_batch(client, (step_stream.exclude("advantage"), out))
    ready = {each["name"]: each for each in client.get(f"/api/batches/{other}").json()["losses"]}
    assert ready["ppo_loss"]["missing"] == ["advantage"]


def test_its_number_is_that_of_the_plain_call_to_the_last_bit(
    client: TestClient, batch_id: str, explained: Explained
) -> None:
    found = evaluated(client, batch_id, "ppo_loss", clip=0.1)["losses"]["ppo_loss"]
    step_stream, out = ppo_batch()
    names = ("logits", "value", "action", "old_log_prob", "advantage", "returns")
    fields = {**dict(step_stream.items()), **dict(out.items())}
    plain, metrics = explained.signature.function(*(fields[name] for name in names), clip=0.1)
    assert found["loss"] == float(plain)
    assert found["metrics"] == {"kl": float(metrics["kl"])}


def test_its_values_are_terms_in_order_of_computation_with_their_formulas(client: TestClient, batch_id: str) -> None:
    terms = described(client, batch_id, "ppo_loss")["terms"]
    assert [term["name"] for term in terms if term["kind"] == "term"] == NAMED
    by_name = {term["name"]: term for term in terms}
    assert by_name["ratio"]["formula"] == "(log_prob - old_log_prob).exp()"
    assert by_name["ratio"]["doc"] == "of new to old policy"
    assert by_name["loss"]["formula"] == "pg_loss + 0.5 * v_loss"
    assert by_name["∂loss/∂logits"]["components"] == ACTIONS
    assert by_name["ratio * adv"]["kind"] == "expression"


def test_its_parameters_are_the_form(client: TestClient, batch_id: str) -> None:
    fields = described(client, batch_id, "ppo_loss")["config_schema"]["properties"]
    assert list(fields) == ["weight", "clip", "value_coef"]
    assert fields["clip"]["default"] == 0.2
    assert fields["clip"]["description"] == "How far the ratio may leave 1."
    body = {"configs": {"ppo_loss": {"clip": "wide"}}}
    refused = client.post(f"/api/batches/{batch_id}/evaluate", json=body)
    assert refused.status_code == 422
    assert refused.json()["field"] == "configs.ppo_loss.clip"


def test_every_term_and_gradient_has_every_figure(client: TestClient, batch_id: str) -> None:
    loss = described(client, batch_id, "ppo_loss")
    for term in loss["terms"]:
        asked = [
            {"kind": figure["kind"], "term": term["name"]} for figure in loss["figures"] if figure["kind"] != "changed"
        ]
        figures = evaluated(client, batch_id, "ppo_loss", *asked)["figures"]
        empty = [figure["kind"] for figure in figures if not (figure["figure"] or figure["table"])]
        assert empty == [], term["name"]


def test_the_gradient_at_a_term_is_that_of_autograd(client: TestClient, batch_id: str, explained: Explained) -> None:
    body = {
        "configs": {"ppo_loss": {"clip": 0.1}},
        "loss": "ppo_loss",
        "term": "ratio",
        "rows": [2, 3],
        "steps": [4, 5],
    }
    answer = client.post(f"/api/batches/{batch_id}/transition", json=body).json()
    shown = {term["name"]: term["value"] for term in answer["terms"]}
    expected = explained.gradient("ratio")
    assert expected is not None
    assert shown["∂loss/∂ratio"] == float(expected[2, 4])
    logits = explained.gradient("logits")
    assert logits is not None
    assert shown["∂loss/∂logits"] == logits[2, 4].tolist()


def test_a_transition_has_its_numbers_in_the_formulas(client: TestClient, batch_id: str) -> None:
    body: dict[str, Any] = {
        "configs": {"ppo_loss": {}},
        "loss": "ppo_loss",
        "term": "ratio",
        "rows": [1, 2],
        "steps": [3, 4],
    }
    answer = client.post(f"/api/batches/{batch_id}/transition", json=body).json()
    terms = {term["name"]: term for term in answer["terms"]}
    pg, v, whole = (terms[name]["value"] for name in ("pg_loss", "v_loss", "loss"))
    assert math.isclose(whole, pg + 0.5 * v, rel_tol=1e-5)
    assert terms["loss"]["latex_values"].startswith(f"{pg:.6g}"[:5])
    difference = terms["log_prob - old_log_prob"]["value"]
    assert terms["ratio"]["latex_values"] == rf"\exp({difference:.6g})"
    mean = float(ppo_batch()[0]["advantage"].mean())
    assert f"{mean:.5g}"[:6] in terms["normalised.centred"]["latex_values"]


def test_a_slice_has_the_mean_of_what_its_places_add(client: TestClient, batch_id: str, explained: Explained) -> None:
    body = {"configs": {"ppo_loss": {"clip": 0.1}}, "slice": {"by": "action", "value": 1}}
    found = client.post(f"/api/batches/{batch_id}/evaluate", json=body).json()["losses"]["ppo_loss"]["slice"]
    chosen = torch.zeros(ROWS, STEPS, dtype=torch.bool)
    chosen[:, :-1] = ppo_batch()[0]["action"][:, 1:] == 1  # the action out of a step stands in the next row
    assert found["count"] == int(chosen.sum())
    assert found["loss"] == pytest.approx(float(explained.terms["loss"][chosen].mean()), rel=1e-6)


def test_terms_leave_as_csv(client: TestClient, batch_id: str, explained: Explained) -> None:
    query = {"loss": "ppo_loss", "format": "csv", "configs": '{"ppo_loss": {"clip": 0.1}}'}
    answer = client.get(f"/api/batches/{batch_id}/terms", params=query)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == ROWS * STEPS
    assert float(rows[STEPS + 2]["ratio"]) == float(explained.terms["ratio"][1, 2])


def test_the_script_imports_the_function_and_prints_what_the_screen_shows(
    client: TestClient, batch_id: str, folder: Path, tmp_path: Path
) -> None:
    configs: dict[str, Any] = {"ppo_loss": {"clip": 0.1, "weight": 0.5}}
    (tmp_path / "b.safetensors").write_bytes(client.get(f"/api/batches/{batch_id}/file").content)
    (tmp_path / "my_losses.py").write_text((folder / "my_losses.py").read_text())
    answer = client.post(f"/api/batches/{batch_id}/script", json={"configs": configs, "loss": "ppo_loss"})
    shown = client.post(f"/api/batches/{batch_id}/evaluate", json={"configs": configs}).json()["losses"]["ppo_loss"]
    printed = run(answer.json()["text"], tmp_path)
    assert printed == {"ppo_loss": shown["loss"], "metrics": shown["metrics"]}
