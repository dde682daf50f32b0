"""A large batch is looked at in parts; what is found is what the whole batch shows, to the last bit."""

from typing import Any

import pytest
import torch

from mouse import doctor
from mouse.diagnosis import Report, Thresholds, evaluation
from mouse.diagnosis.case import Case
from mouse.losses import LOSSES
from tests.diagnosis.samples import ANY_SIZE, batch, configs, without

SHAPE, ACTIONS = (150, 7), 5
DIVERGENCES = ("ce", "ce-soft-fwd", "ce-soft-bwd", "kl-fwd", "kl-bwd", "js")


def sample(**changes: Any) -> tuple[Any, Any]:
    stream, out = batch(SHAPE, ACTIONS, **changes)
    stream["q_star"][:, :, 1:][
        torch.rand(*SHAPE, ACTIONS - 1, generator=torch.Generator().manual_seed(1)) < 0.3
    ] = -torch.inf
    stream["q_star"][3, 2] = -torch.inf
    stream["done"][::7, 3] = 1
    return stream, out


def of(stream: Any, out: Any, cfg: Any) -> Report:
    return doctor(stream, out, {name: cfg[name] for name in ("sp", "sv")}, thresholds=ANY_SIZE)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Compare the reports on a batch as a whole and in parts of 32, 32 and so on sequences."""

    def compared(stream: Any, out: Any, **sp: Any) -> Report:
        cfg = configs(sp=sp)
        whole = of(stream, out, cfg)
        with monkeypatch.context() as patch:
            patch.setattr(evaluation, "ENTRIES", 100)
            patch.setattr(evaluation, "PART_ENTRIES", 32 * SHAPE[1] * ACTIONS)
            some = of(stream, out, cfg)
        assert some == whole
        for one, other in zip(some, whole, strict=True):
            assert (one.mask is None) == (other.mask is None)
            assert one.mask is None or other.mask is None or one.mask.equal(other.mask)
        return some

    return compared


@pytest.mark.parametrize("loss_type", DIVERGENCES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_parts_show_what_the_whole_shows(in_parts: Any, loss_type: str, smoothing: float) -> None:
    found = in_parts(*sample(), loss_type=loss_type, label_smoothing=smoothing)
    assert {"student-saturated", "teacher-is-student", "value-statistics"} <= {*found.checked}


SURE = 90.0 * torch.arange(ACTIONS).repeat(*SHAPE, 1)
"""Logits of a policy that always takes the last action that is valid."""


@pytest.mark.parametrize(
    ("rule", "changes", "sp"),
    [
        ("student-saturated", {"sp": SURE}, {}),
        ("student-is-distribution", {"sp": SURE.softmax(-1)}, {}),
        ("temperature-extreme", {}, {"loss_type": "kl-fwd", "temperature": 1e4}),
        ("temperature-extreme", {}, {"loss_type": "js", "temperature": 1e-4}),
        ("q-star-ties", {"q_star": torch.ones(*SHAPE, ACTIONS)}, {}),
    ],
)
def test_findings_are_those_of_the_whole(in_parts: Any, rule: str, changes: Any, sp: Any) -> None:
    assert rule in {finding.rule for finding in in_parts(*sample(**changes), **sp)}


def test_a_student_that_is_the_teacher_is_seen_in_all_parts(in_parts: Any) -> None:
    stream, out = sample()
    out["sp"] = stream["q_star"].clone()
    assert "teacher-is-student" in {finding.rule for finding in in_parts(stream, out, loss_type="kl-fwd")}
    out["sp"][-1, -1] = torch.arange(ACTIONS).float()
    assert "teacher-is-student" not in {finding.rule for finding in in_parts(stream, out, loss_type="kl-fwd")}


def test_what_a_loss_refuses_is_told_with_its_place_in_the_batch(in_parts: Any) -> None:
    stream, out = sample()
    stream["q_star"][140, 1, 2] = torch.nan
    report = in_parts(stream, out)
    assert any("q_star[140, 1, 2]" in skipped.needs for skipped in report.not_checked)


def test_a_part_without_a_valid_action_is_none_of_the_batch(in_parts: Any) -> None:
    stream, out = sample()
    stream["q_star"][:64] = -torch.inf
    assert "student-saturated" in in_parts(stream, out).checked


def test_a_batch_without_a_choice_is_not_checked(in_parts: Any) -> None:
    stream, out = sample()
    stream["q_star"][..., 1:] = -torch.inf
    needs = {skipped.rule: skipped.needs for skipped in in_parts(stream, out).not_checked}
    assert needs["q-star-ties"] == "a step with two valid actions"


def test_without_its_fields_a_loss_in_parts_says_what_it_needs(in_parts: Any) -> None:
    stream, out = sample()
    needs = {skipped.rule: skipped.needs for skipped in in_parts(without(stream, "q_star"), out).not_checked}
    assert needs["student-saturated"] == "q_star"


def test_terms_of_each_action_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "ENTRIES", 100)
    monkeypatch.setattr(evaluation, "PART_ENTRIES", 100)
    stream, out = sample()
    case = Case(stream, out, configs(sp={"loss_type": "kl-fwd"}), Thresholds())
    terms = case.evaluation("sp").terms
    assert terms.loss.shape == SHAPE
    assert not hasattr(terms, "teacher")
    parts = list(case.parts("sp"))
    assert [(part.rows.start, part.rows.stop) for part in parts] == [
        (0, 32), (32, 64), (64, 96), (96, 128), (128, 150)
    ]  # fmt: skip
    assert torch.cat([part.terms.teacher for part in parts]).equal(
        LOSSES["sp"].terms(LOSSES["sp"].inputs(stream, out), case.config("sp")).teacher
    )
    assert next(case.parts("dqn")) is case.evaluation("dqn").whole  # its loss is no sum over actions
