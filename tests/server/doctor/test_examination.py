"""The doctor over HTTP: the library's own report, kept, and its places as a slice."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

from mouse import doctor
from mouse.batch import load_batch
from mouse.diagnosis import RULES, Finding, Report
from mouse.diagnosis.finding import Unit
from mouse.losses import LOSSES
from mouse_dashboard.case import Case
from mouse_dashboard.doctor.examination import StoredCase, examination
from mouse_dashboard.doctor.models import report_info
from mouse_dashboard.doctor.transitions import first_transition, transitions_of
from mouse_dashboard.errors import ApiError
from mouse_dashboard.evaluation import Evaluator
from mouse_dashboard.kept import Kept
from mouse_dashboard.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.stage_one import stage_one
from mouse_dashboard.transition import transition_request
from mouse_dashboard.work import Ticket
from tests.server.answers import answered
from tests.server.batches import random_batch
from tests.server.files import saved_batch, send

WRAPPING: dict[str, Any] = {"vec_dqn": {"reward_scale": 5.0}}
THETA_WRAPS = list(RULES).index("theta-wraps")


def theta_wraps(rows: int = 6) -> Finding:
    batch: Any = random_batch(rows, 12)
    cfg = {"vec_dqn": LOSSES["vec_dqn"].config(**WRAPPING["vec_dqn"])}
    return doctor(batch.step_stream, batch.out, cfg, rules=["theta-wraps"]).findings[0]


def without_places(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "findings": [{k: v for k, v in each.items() if k != "transition"} for each in told["findings"]]}


def test_the_report_is_the_librarys_own(client: TestClient, tmp_path: Path) -> None:
    content = saved_batch(rows=6, steps=12)
    (tmp_path / "batch.safetensors").write_bytes(content)
    batch_id = send(client, content).json()["id"]
    asked: Any = {"dqn": {"gamma_terminal": 0.5}, "sv": {}, **WRAPPING}
    told = client.post(f"/api/batches/{batch_id}/doctor", json={"configs": asked}).json()
    configs = {name: loss.config(**asked[name]) for name, loss in LOSSES.items() if name in asked}
    expected = doctor(*load_batch(tmp_path / "batch.safetensors"), configs).to_dict()
    assert without_places(told) == json.loads(json.dumps(expected))
    assert {"theta-wraps", "discount-unbounded"} <= {finding["rule"] for finding in told["findings"]}


def test_what_is_not_finite_is_spelt_out() -> None:
    found = replace(theta_wraps(), measured=math.nan, threshold=math.inf)
    told = json.loads(report_info(Report((found,), (), ()), (6, 12)).model_dump_json())["findings"][0]
    assert (told["measured"], told["threshold"]) == ("NaN", "Infinity")


@pytest.mark.parametrize(
    ("batch_id", "configs", "status", "code"),
    [
        (None, {}, 422, "no_loss"),
        (None, {"dqn": {"gamma": 2}}, 422, "invalid_value"),
        ("0" * 64, {"dqn": {}}, 404, "unknown_batch"),
    ],
)
def test_what_cannot_be_examined_says_why(
    client: TestClient, batch_id: str | None, configs: Any, status: int, code: str
) -> None:
    stored = send(client, saved_batch()).json()["id"]
    answer = client.post(f"/api/batches/{batch_id or stored}/doctor", json={"configs": configs})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_every_rule_is_told_in_the_order_of_slices(client: TestClient) -> None:
    told = client.get("/api/rules").json()["rules"]
    assert [each["id"] for each in told] == list(RULES)
    assert told[THETA_WRAPS]["what"] == RULES["theta-wraps"].what
    assert told[THETA_WRAPS]["sources"] == list(RULES["theta-wraps"].sources)


def test_a_report_is_kept_for_the_same_configs_only() -> None:
    batch, kept = random_batch(), Kept(1 << 24)
    configs = {"dqn": LOSSES["dqn"].config()}
    first = examination(batch, configs, kept, Ticket(60))
    assert examination(batch, dict(configs), kept, Ticket(60)) is first
    other = {"dqn": LOSSES["dqn"].config(gamma_terminal=0.5)}
    assert examination(batch, other, kept, Ticket(60)).findings != first.findings
    assert examination(batch, configs, kept, Ticket(60), "reset-pair").checked == ("reset-pair",)
    kept.forget(batch.id)
    assert kept.size == 0


@pytest.mark.parametrize("name", LOSSES)
def test_what_an_evaluation_has_computed_is_not_computed_again(name: str) -> None:
    batch, kept, cfg = random_batch(), Kept(1 << 24), LOSSES[name].config()
    evaluated = stage_one(Case(batch, LOSSES[name], cfg), kept, Ticket(60))
    examined = StoredCase(batch, {name: cfg}, kept, Ticket(60)).evaluation(name)
    assert examined.inputs is evaluated.blocks[0]


def test_a_report_stops_when_time_is_up() -> None:
    with pytest.raises(ApiError) as refused:
        examination(random_batch(), {"dqn": LOSSES["dqn"].config()}, Kept(1 << 24), Ticket(-1))
    assert refused.value.body.code == "time_limit"


def finding(mask: torch.Tensor, unit: Unit, field: str | None) -> Finding:
    return replace(theta_wraps(), mask=mask, unit=unit, field=field)


def test_what_a_row_holds_belongs_to_the_transition_that_led_there() -> None:
    mask = torch.tensor([[True, False, False, True], [False, False, True, False]])
    of_reward = transitions_of(finding(mask, "step", "step_stream.reward"), (2, 4))
    assert of_reward.tolist() == [[False, False, True, False], [False, True, False, False]]
    assert transitions_of(finding(mask, "step", "out.sp"), (2, 4)).equal(mask)
    of_entries = finding(mask[:, :3].unsqueeze(2).repeat(1, 1, 5), "transition", "step_stream.reward")
    assert transitions_of(of_entries, (2, 4)).tolist() == [[True, False, False, False], [False, False, True, False]]
    assert first_transition(finding(mask, "step", "step_stream.reward"), (2, 4)) == (0, 2)
    assert first_transition(finding(torch.zeros(2, 4, dtype=torch.bool), "step", None), (2, 4)) is None


def test_the_slice_of_a_rule_is_what_it_found_under_these_configs() -> None:
    batch: Any = random_batch(6, 12)
    asked = {"configs": WRAPPING, "slice": {"by": "doctor", "value": THETA_WRAPS}}
    result = answered(batch, EvaluateRequest.model_validate(asked)).losses["vec_dqn"].slice
    wraps = (5.0 * batch.step_stream["reward"][:, 1:]).abs() > math.pi
    assert result is not None
    assert (result.label, result.count, result.of) == ("found by theta-wraps", int(wraps.sum()), 66)
    calm = answered(batch, EvaluateRequest.model_validate({**asked, "configs": {"vec_dqn": {"reward_scale": 1e-3}}}))
    assert calm.losses["vec_dqn"].slice is not None
    assert calm.losses["vec_dqn"].slice.count == 0


def test_a_transition_is_chosen_among_those_of_the_slice() -> None:
    batch: Any = random_batch(6, 12)
    view = {"loss": "vec_dqn", "term": "theta", "slice": {"by": "doctor", "value": THETA_WRAPS}}
    request = TransitionRequest.model_validate({"configs": WRAPPING, **view})
    chosen = transition_request(batch, request, Evaluator(1 << 24), Ticket(60))
    theta = (5.0 * batch.step_stream["reward"][:, 1:]).abs()
    assert chosen.chosen_from == int((theta > math.pi).sum())
    assert (chosen.row, chosen.step) == divmod(int(theta.argmax()), 11)


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"by": "doctor", "value": len(RULES)}, "expected 0 to"), ({"by": "colour", "value": 0}, "doctor; drop")],
)
def test_a_rule_that_does_not_exist_makes_no_slice(asked: dict[str, Any], told: str) -> None:
    request = EvaluateRequest.model_validate({"configs": WRAPPING, "slice": asked})
    with pytest.raises(ApiError, match=told):
        answered(random_batch(), request)


def test_the_mask_of_a_finding_holds_all_its_places() -> None:
    found = theta_wraps(rows=40)
    batch: Any = random_batch(40, 12)
    assert found.mask is not None
    assert found.mask.equal((5.0 * batch.step_stream["reward"][:, 1:]).abs() > math.pi)
    assert found.count == int(found.mask.sum()) > len(found.places) == 100
