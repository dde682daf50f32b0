import math
from typing import Any

import pytest
import torch
from torch import Tensor

from mouse.diagnosis import Change, Thresholds
from tests.diagnosis.samples import batch, configs, found, report_on, rows
from tests.diagnosis.samples import limits as with_limits

SOFT = {"loss_type": "kl-fwd"}
SHAPE = (2, 3)


def sp(**changes: Any) -> dict[str, Any]:
    return {"sp": configs(sp=changes)["sp"]}


def values(*each: float) -> Tensor:
    """The same values at every step."""
    return torch.tensor(each).repeat(*SHAPE, 1)


def entropy(*logits: float) -> float:
    p = torch.tensor(logits, dtype=torch.float64).softmax(-1)
    return float(-(p * p.log()).sum() / math.log(len(logits)))


def test_a_teacher_that_says_nothing_gets_the_temperature_for_half_the_entropy() -> None:
    stream, out = batch(SHAPE, q_star=values(0.0, 0.01, 0.03))
    (only,) = found(stream, out, "temperature-extreme", sp(**SOFT))
    assert only.measured == pytest.approx(entropy(0, 0.01, 0.03), rel=1e-6)
    assert only.change is not None
    assert only.change.field == "sp.temperature"
    fitting = float(only.change.value)
    assert entropy(0, 0.01 / fitting, 0.03 / fitting) == pytest.approx(0.5, abs=0.05)
    assert found(stream, out, "temperature-extreme", sp(**SOFT, temperature=fitting)) == []


@pytest.mark.parametrize(
    ("field", "value", "spread"), [("entropy_low", 0.05, 10.0), ("entropy_high", 0.98, 0.3), ("entropy_high", 0.9, 1.0)]
)
def test_both_ends_of_the_entropy_are_exact(field: str, value: float, spread: float) -> None:
    del value
    stream, out = batch(SHAPE, q_star=values(0.0, spread, -math.inf))
    measured = entropy(0.0, spread)
    for limit in (measured * (1 - 1e-4), measured * (1 + 1e-4)):
        expected = limit > measured if field == "entropy_low" else limit < measured
        other = {"entropy_low": 0.0, "entropy_high": 1.0} | {field: limit}
        findings = found(stream, out, "temperature-extreme", sp(**SOFT), with_limits(**other))
        assert len(findings) == expected


def test_the_temperature_of_a_one_hot_teacher_is_not_judged() -> None:
    stream, out = batch(SHAPE)
    assert report_on(stream, out, "temperature-extreme", sp()).not_checked[0].needs == "another sp.loss_type than ce"
    stream["q_star"] = values(0.0, -math.inf, -math.inf)
    for rule, cfg in (("temperature-extreme", sp(**SOFT)), ("q-star-ties", sp())):
        assert report_on(stream, out, rule, cfg).not_checked[0].needs == "a step with two valid actions"


@pytest.mark.parametrize(
    ("changes", "count"), [({"temperature": 2.0}, 1), ({}, 0), ({"temperature": 2.0, "loss_type": "js"}, 0)]
)
def test_a_temperature_that_nobody_reads_is_told(changes: dict[str, Any], count: int) -> None:
    findings = found(*batch(SHAPE), "temperature-ignored", sp(**changes))
    assert [each.change for each in findings] == [Change("sp.loss_type", "ce-soft-fwd")] * count


def test_tied_best_actions_are_counted_but_in_terminal_states() -> None:
    stream, out = batch(SHAPE, q_star=values(0.0, 1.0, 2.0), done=rows([0, 1, 0], [0, 0, 2]))
    stream["q_star"][0, 0] = torch.tensor([5.0, 1.0, 5.0])
    stream["q_star"][0, 1] = 0.0  # terminal
    stream["q_star"][1, 2] = torch.tensor([-math.inf, 3.0, 3.0])
    stream["q_star"][1, 1] = torch.tensor([-math.inf, -math.inf, 3.0])  # one action: nothing to tie with
    (only,) = found(stream, out, "q-star-ties", sp())
    assert only.measured == 0.5
    assert only.places == ((0, 0), (1, 2))
    assert only.message.endswith("(threshold 5 %); taught there: action 0 1 times, action 1 1 times.")
    assert only.change == Change("sp.loss_type", "ce-soft-fwd")
    assert found(stream, out, "q-star-ties", sp(), Thresholds(tie_share=0.5)) == []
    del stream["done"]
    assert found(stream, out, "q-star-ties", sp())[0].count == 3
    assert report_on(stream, out, "q-star-ties", sp(**SOFT)).not_checked[0].needs == "sp.loss_type = ce"


@pytest.mark.parametrize(("margin", "count"), [(0.011, 1), (0.009, 0)])
def test_a_tie_is_measured_by_the_range(margin: float, count: int) -> None:
    stream, out = batch(SHAPE, q_star=values(0.0, 99.0, 100.0))
    assert len(found(stream, out, "q-star-ties", sp(), Thresholds(tie_margin=margin))) == count


def test_a_collapsed_student_is_wrong_only_where_its_choice_is() -> None:
    stream, out = batch(SHAPE, sp=values(50.0, 0.0, 0.0), q_star=values(1.0, 0.0, 1.0))
    limits = Thresholds(min_samples=0)
    assert found(stream, out, "student-saturated", sp(), limits) == []
    stream["q_star"][0, 2] = torch.tensor([0.0, 1.0, 0.0])
    (only,) = found(stream, out, "student-saturated", sp(), limits)
    assert (only.severity, only.places, only.measured) == ("warning", ((0, 2),), pytest.approx(0, abs=1e-9))
    assert "optimal on only 83.33 % of the steps" in only.message
    assert found(stream, out, "student-saturated", sp(), Thresholds(min_samples=0, student_agreement=0.83)) == []
    assert found(stream, out, "student-saturated", sp(), Thresholds(min_samples=7)) == []
    assert len(found(stream, out, "student-saturated", sp(), Thresholds(min_samples=6))) == 1


@pytest.mark.parametrize(("logit", "field"), [(4.0, "student_low"), (0.2, "student_high")])
def test_both_ends_of_the_students_entropy_are_exact(logit: float, field: str) -> None:
    stream, out = batch(SHAPE, sp=values(0.0, logit, 0.0), q_star=values(1.0, 0.0, 0.0))
    measured = entropy(0.0, logit, 0.0)
    for limit in (measured * (1 - 1e-4), measured * (1 + 1e-4)):
        expected = limit > measured if field == "student_low" else limit < measured
        other = {"student_low": 0.0, "student_high": 1.0} | {field: limit}
        findings = found(stream, out, "student-saturated", sp(), with_limits(min_samples=0, **other))
        assert [each.severity for each in findings] == ["warning" if field == "student_low" else "info"] * expected


def test_a_student_made_of_its_teacher_cannot_move() -> None:
    stream, out = batch(SHAPE)
    out["sp"] = stream["q_star"] / 0.5 + 3
    (only,) = found(stream, out, "teacher-is-student", sp(**SOFT, temperature=0.5))
    assert only.message.startswith("The probabilities of teacher and student differ by ")
    assert found(stream, out, "teacher-is-student", sp(**SOFT, temperature=0.6)) == []
    out["sp"][0, 0, 0] += 1e-3
    cfg = sp(**SOFT, temperature=0.5)
    assert found(stream, out, "teacher-is-student", cfg) == []
    assert len(found(stream, out, "teacher-is-student", cfg, Thresholds(same_distribution=1e-3))) == 1


def test_a_uniform_teacher_and_a_right_one_hot_student_are_not_that() -> None:
    stream, out = batch(SHAPE, q_star=values(1.0, 1.0, 1.0), sp=values(0.0, 0.0, 0.0))
    assert (
        report_on(stream, out, "teacher-is-student", sp(**SOFT)).not_checked[0].needs == "a teacher that is not uniform"
    )
    right = batch(SHAPE, q_star=values(1.0, 0.0, 0.0), sp=values(500.0, 0.0, 0.0))
    assert found(*right, "teacher-is-student", sp()) == []


def test_a_student_that_no_gradient_reaches_is_named() -> None:
    stream, out = batch(SHAPE, q_star=values(1.0, 0.0, 0.0), sp=values(0.0, 500.0, 0.0))
    (only,) = found(stream, out, "teacher-is-student", sp(loss_type="kl-bwd"))
    assert only.message == "The gradient is 0 in every entry, while student and teacher differ by up to 0.79."
