"""A field that a loss does not read changes nothing, so that its slider costs nothing and stays exact."""

import dataclasses
import gc
from copy import copy
from operator import attrgetter
from typing import Any
from weakref import ref

import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse_dashboard.compute import evaluator as evaluation
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.configs import matches_values, record_reads
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.gradients import with_gradient
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.schema.requests import EvaluateRequest
from mouse_dashboard.schema.results import FigureResult
from tests.server.answers import answered
from tests.server.batches import random_batch
from tests.server.test_evaluation import CONFIGS, MOVED, evaluated

BATCH = random_batch(40, 19, 5, 4)
EVERY = {field.name for field in dataclasses.fields(DqnLossConfig)}
OTHERS: dict[type, Any] = {float: 0.25, bool: True}
CASES = {
    **CONFIGS,
    "dqn": DqnLossConfig(gamma=0.9),
    "sp": SpLossConfig(loss_type="ce", temperature=0.5),
}


def job_of(name: str, cfg: LossConfig) -> LossJob:
    return LossJob(BATCH, LOSSES[name], cfg)


def evaluate(evaluator: Evaluator, name: str, cfg: LossConfig, *components: tuple[str, int]) -> LossEvaluation:
    return evaluator.evaluate(job_of(name, cfg), frozenset(components), CancelToken(60))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("configs", [CONFIGS, MOVED, CASES])
def test_fields_that_are_not_read_change_no_bit(name: str, configs: dict[str, LossConfig]) -> None:
    cfg, evaluator = configs[name], Evaluator(1 << 24)
    first = evaluate(evaluator, name, cfg)
    read = {field for field, _ in first.reads}
    unread = [field.name for field in dataclasses.fields(cfg) if field.name not in read]
    assert "weight" in unread
    for field in unread:
        changed = dataclasses.replace(cfg, **{field: OTHERS[type(getattr(cfg, field))]})
        assert changed != cfg
        assert evaluate(evaluator, name, changed) is first
        anew = evaluate(Evaluator(1 << 24), name, changed)
        assert torch.equal(anew.mean, first.mean)
        assert anew.metrics == pytest.approx(first.metrics, rel=0, abs=0)


@pytest.mark.parametrize("name", LOSSES)
def test_a_field_that_is_read_is_evaluated_anew(name: str) -> None:
    evaluator = Evaluator(1 << 24)
    first = evaluate(evaluator, name, CONFIGS[name])
    second = evaluate(evaluator, name, MOVED[name])
    assert not torch.equal(first.mean, second.mean)
    assert torch.equal(second.mean, evaluated_alone(name, MOVED[name]).mean)


def evaluated_alone(name: str, cfg: LossConfig) -> LossEvaluation:
    return evaluate(Evaluator(1 << 24), name, cfg)


@pytest.mark.parametrize("name", LOSSES)
def test_the_weight_of_a_slow_loss_is_dragged_without_an_estimate(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = Evaluator(1 << 24)
    exactly = evaluated(BATCH, name, evaluator)
    monkeypatch.setattr(evaluation, "EXACT_SECONDS", 0)
    monkeypatch.setattr(evaluation, "SAMPLE_SECONDS", 1e-9)
    job = job_of(name, dataclasses.replace(CONFIGS[name], weight=3.0))
    assert evaluator.evaluate_within_budget(job, frozenset(), CancelToken(60)) is exactly


@pytest.mark.parametrize("name", LOSSES)
def test_its_gradient_stays_too(name: str) -> None:
    evaluator, token = Evaluator(1 << 24), CancelToken(60)
    found = [
        with_gradient(evaluate(evaluator, name, cfg), job_of(name, cfg), evaluator.cache, token).gradient
        for cfg in (CONFIGS[name], dataclasses.replace(CONFIGS[name], weight=3.0), MOVED[name])
    ]
    assert found[0] is found[1]
    assert found[0] is not found[2]


def test_a_map_is_drawn_anew_where_it_shows_something_new() -> None:
    evaluator, other = Evaluator(1 << 24), {"sv": {"loss_type": "mae", "weight": 0.5}}

    def drawn(fields: dict[str, Any], **asked: Any) -> FigureResult:
        figures = [{"kind": "map", "loss": "sv", "term": "loss", "pool": asked.pop("pool", "mean")}]
        request = {"configs": {"sv": {"loss_type": "mae", **fields}}, "figures": figures, **asked}
        return answered(BATCH, EvaluateRequest.model_validate(request), evaluator=evaluator).figures[0]

    first = drawn({})
    assert drawn({"weight": 3.0}) is first
    assert drawn({"weight": 3.0}, pool="max") is not first
    assert drawn({"weight": 3.0}, brief=True) is not first
    assert drawn({"weight": 3.0}, slice={"by": "action", "value": 1}) is not first
    with_pin = drawn({}, pinned={"configs": other})
    assert with_pin is not first
    assert drawn({"weight": 2.0}, pinned={"configs": other}) is with_pin
    assert drawn({}, pinned={"configs": {"sv": {"loss_type": "mse"}}}) is not with_pin
    assert drawn({}) is first
    assert drawn({"loss_type": "mse"}) != first


def test_a_figure_does_not_keep_its_evaluation() -> None:
    evaluator = Evaluator(1 << 24)
    figures = [{"kind": "map", "loss": "sv", "term": "loss"}]
    request = EvaluateRequest.model_validate({"configs": {"sv": {}}, "figures": figures})
    answered(BATCH, request, evaluator=evaluator)
    held = ref(evaluate(evaluator, "sv", SvLossConfig()))
    assert held() is not None
    evaluate(evaluator, "sv", SvLossConfig(loss_type="mae"))
    gc.collect()
    assert held() is None


def test_a_component_that_was_not_asked_for_is_evaluated() -> None:
    evaluator = Evaluator(1 << 24)
    first = evaluate(evaluator, "sp", CONFIGS["sp"], ("student", 1))
    assert evaluate(evaluator, "sp", CONFIGS["sp"]) is first
    assert evaluate(evaluator, "sp", CONFIGS["sp"], ("student", 2)).components.keys() == {("student", 2)}


def test_of_a_loss_from_outside_every_field_counts() -> None:
    outside = dataclasses.replace(LOSSES["sv"], name="sv")
    evaluator, cfg = Evaluator(1 << 24), CONFIGS["sv"]
    first, second = (
        evaluator.evaluate(LossJob(BATCH, outside, each), frozenset(), CancelToken(60))
        for each in (cfg, dataclasses.replace(cfg, weight=3.0))
    )
    assert first is not second


def read_after_asking_for_the_type(cfg: object) -> object:
    return isinstance(cfg, DqnLossConfig) and cfg.__class__ is DqnLossConfig and cfg.tau


READS: list[tuple[Any, set[str]]] = [
    (attrgetter("gamma"), {"gamma"}),
    (read_after_asking_for_the_type, {"tau"}),
    (type, set()),
    (vars, EVERY),
    (dataclasses.asdict, EVERY),
    (repr, EVERY),
    (DqnLossConfig(gamma=0.5).__eq__, EVERY),
    (copy, EVERY),
]


@pytest.mark.parametrize(("read", "names"), READS)
def test_where_it_is_unclear_what_is_read_every_field_is(read: Any, names: set[str]) -> None:
    cfg = DqnLossConfig(gamma=0.5)
    noted, reads = record_reads(cfg)
    read(noted)
    assert {name for name, _ in reads()} == names
    assert matches_values(cfg, reads())
    assert matches_values(DqnLossConfig(), reads()) is ("gamma" not in names)
