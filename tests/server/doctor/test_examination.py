"""The doctor over HTTP: the library's own report, kept, and its places as a slice."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from starlette.testclient import TestClient

from mouse import doctor
from mouse.batch import load_batch
from mouse.diagnosis import CATALOGUE, RULES, Finding, Report, evaluation
from mouse.diagnosis.finding import Unit
from mouse.losses import LOSSES
from mouse_dashboard.compute import stage_one as first_stage
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.stage_one import stage_one
from mouse_dashboard.doctor.examination import StoredCase, examine_stored_batch
from mouse_dashboard.doctor.models import report_info
from mouse_dashboard.doctor.transitions import first_transition, transitions_of
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.requests import EvaluateRequest, TransitionRequest
from tests.server.answers import answered, context_of, transition_of
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
    assert [each["id"] for each in told] == list(CATALOGUE)
    assert told[THETA_WRAPS]["what"] == RULES["theta-wraps"].what
    assert told[THETA_WRAPS]["sources"] == list(RULES["theta-wraps"].sources)


def test_a_report_is_cached_for_the_same_configs_only() -> None:
    batch, evaluator = random_batch(), Evaluator(1 << 24)
    context = context_of(batch, {"dqn": {}}, evaluator)
    first = examine_stored_batch(context)
    assert examine_stored_batch(context_of(batch, {"dqn": {}}, evaluator)) is first
    assert (
        examine_stored_batch(context_of(batch, {"dqn": {"gamma_terminal": 0.5}}, evaluator)).findings != first.findings
    )
    assert examine_stored_batch(context, "reset-pair").checked == ("reset-pair",)
    evaluator.cache.forget(batch.id)
    assert evaluator.cache.size == 0


@pytest.mark.parametrize("name", LOSSES)
def test_what_an_evaluation_has_computed_is_not_computed_again(name: str) -> None:
    context = context_of(random_batch(), {name: {}})
    evaluated = stage_one(context.job(name), context.cache, context.token)
    assert next(StoredCase(context).parts(name)).inputs is evaluated.blocks[0]


@pytest.mark.parametrize("capacity", [1 << 30, 4000])
def test_a_large_batch_is_examined_in_parts_whether_stage_one_was_kept_or_not(
    monkeypatch: pytest.MonkeyPatch, capacity: int
) -> None:
    batch, configs = random_batch(200, 12), {"sp": {"loss_type": "kl-fwd"}}
    blocks_of_32 = 32 * first_stage.SMALLER * 12 * cast("int", batch.out["sp"].shape[2])
    monkeypatch.setattr(first_stage, "ENTRIES_PER_BLOCK", blocks_of_32)
    whole = examine_stored_batch(context_of(batch, configs))
    monkeypatch.setattr(evaluation, "ENTRIES", 100)
    monkeypatch.setattr(evaluation, "PART_ENTRIES", blocks_of_32)
    context = context_of(batch, configs, Evaluator(capacity))
    parts = list(StoredCase(context).parts("sp"))
    assert [(part.rows.start, part.rows.stop) for part in parts] == [(0, 128), (128, 200)]
    assert stage_one(context.job("sp"), context.cache, context.token).stored == (capacity > 4000)
    assert examine_stored_batch(context) == whole


def test_a_report_stops_when_time_is_up() -> None:
    context = replace(context_of(random_batch(), {"dqn": {}}), token=CancelToken(-1))
    with pytest.raises(ApiError) as refused:
        examine_stored_batch(context)
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
    chosen = transition_of(batch, request)
    theta = (5.0 * batch.step_stream["reward"][:, 1:]).abs()
    assert chosen.chosen_from == int((theta > math.pi).sum())
    assert (chosen.row, chosen.step) == divmod(int(theta.argmax()), 11)


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"by": "doctor", "value": len(CATALOGUE)}, "expected 0 to"), ({"by": "colour", "value": 0}, "doctor; drop")],
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
