import math
from typing import Any

import pytest
import torch

from mouse.diagnosis import Change, Thresholds
from mouse.losses import LOSSES
from tests.diagnosis.samples import batch, configs, found, one, report_on, rows, without
from tests.diagnosis.samples import limits as with_limits

LIMITS = {"theta_share": 0.1, "theta_error_share": 0.5, "theta_half_share": 0.1}


def theta(*angles: float) -> tuple[Any, Any]:
    return batch(shape=(1, 1 + len(angles)), reward=torch.tensor([[0.0, *angles]]))


@pytest.mark.parametrize(
    ("angles", "severity", "measured"),
    [
        ([0.0] * 9 + [3.2], None, None),
        ([0.0] * 8 + [3.2, -3.2], "warning", 0.2),
        ([0.0] * 5 + [3.2] * 5, "warning", 0.5),
        ([0.0] * 4 + [3.2] * 6, "error", 0.6),
        ([0.0] * 8 + [1.6, 3.1], "info", 0.2),
        ([0.0] * 9 + [1.6], None, None),
        ([1.57] * 10, None, None),
    ],
)
def test_angles_that_wrap_are_counted(angles: list[float], severity: str | None, measured: float | None) -> None:
    findings = found(*theta(*angles), "theta-wraps", thresholds=with_limits(**LIMITS))
    assert [(each.severity, each.measured) for each in findings] == ([(severity, measured)] if severity else [])
    for only in findings:
        assert only.count == round(10 * (measured or 0))
        assert only.change is not None
        scale = float(only.change.value)
        assert scale * max(map(abs, angles)) <= math.pi / 2
        fixed = configs(vec_dqn={"reward_scale": scale})
        assert found(*theta(*angles), "theta-wraps", fixed, with_limits(**LIMITS)) == []


def test_no_scale_is_offered_where_it_is_not_the_cause() -> None:
    shifted = configs(vec_dqn={"reward_shift": 4.0, "reward_scale": 0.0})
    (only,) = found(*theta(0.0, 1.0), "theta-wraps", shifted)
    assert only.change is None


@pytest.mark.parametrize("head", ["vec_dqn", "vec_dqn_target"])
def test_short_vectors_are_counted(head: str) -> None:
    vectors = torch.ones(1, 11, 3, 2)
    vectors[..., 0] = torch.tensor([-1.0, 1.0, 3.0])
    vectors[0, 3:5] *= 1e-3 / 4 if head == "vec_dqn" else 1e-3 / 8
    stream, out = batch(shape=(1, 11), **one(head, vectors))
    findings = found(stream, out, "vector-degenerate", thresholds=Thresholds(vector_margin=1e-12, vector_share=0.19))
    (only,) = findings
    assert only.measured == 0.2
    assert only.places == (((0, 3), (0, 4)) if head == "vec_dqn" else ((0, 2), (0, 3)))
    for limits in ({"vector_share": 0.2}, {"vector_share": 0.0, "vector_norm": 1e-5}):
        assert found(stream, out, "vector-degenerate", thresholds=with_limits(vector_margin=1e-12, **limits)) == []


@pytest.mark.parametrize(("apart", "count"), [(1e-3, 0), (1e-5, 1), (0.0, 1)])
def test_a_choice_without_a_winner_is_counted(apart: float, count: int) -> None:
    angles = torch.tensor([0.0, apart])
    target = torch.stack([angles.cos(), angles.sin()], -1).expand(1, 4, 2, 2).contiguous()
    stream, out = batch(shape=(1, 4), actions=2, vec_dqn_target=target)
    findings = found(stream, out, "vector-degenerate")
    assert [each.message.startswith("The greedy action leads by less than 0.0001 rad") for each in findings] == (
        [True] * count
    )
    single = batch(shape=(1, 4), actions=1, action=rows([0, 0, 0, 0]))
    assert found(*single, "vector-degenerate") == []


@pytest.mark.parametrize(("dim", "severity"), [(1, "error"), (2, None), (3, "error"), (4, "info")])
def test_the_number_of_components_decides(dim: int, severity: str | None) -> None:
    findings = found(*batch(dim=dim), "vector-dim")
    assert [each.severity for each in findings] == ([severity] if severity else [])


def test_transitions_that_cross_an_end_are_told() -> None:
    stream, out = batch(shape=(1, 6), done=rows([0, 0, 1, 0, 0, 0]), time=rows([0, 1, 2, 0, 1, 2]))
    (only,) = found(stream, out, "vector-ignores-done")
    assert (only.places, only.severity, only.measured) == (((0, 1), (0, 2)), "info", 2)
    stream["done"][:] = 0
    assert found(stream, out, "vector-ignores-done") == []


def half(dtype: torch.dtype, **fields: Any) -> tuple[Any, Any]:
    heads = {name: fields.pop(name).to(dtype) for name in ("dqn", "dqn_target")}
    return batch(shape=(1, 5), done=torch.ones(1, 5, dtype=torch.int64), **heads, **fields)


@pytest.mark.parametrize(
    ("dtype", "reward", "count"),
    [
        # 100 lies in [64, 128): bfloat16 has 7 bits after the first there, so a last place of 0.5; float16 of 1/16
        (torch.bfloat16, 0.24, 1),
        (torch.bfloat16, 0.26, 0),
        (torch.float16, 0.031, 1),
        (torch.float16, 0.032, 0),
        (torch.float32, 0.001, 0),
    ],
)
def test_a_reward_below_half_a_unit_in_the_last_place_is_lost(dtype: torch.dtype, reward: float, count: int) -> None:
    hundred = torch.full((1, 5, 3), 100.0)
    paid = torch.tensor([[0.0, 0.0, 0.0, 0.0, reward]])
    stream, out = half(dtype, dqn=hundred, dqn_target=hundred, reward=paid)
    findings = found(stream, out, "low-precision")
    assert [each.places for each in findings] == [((0, 3),)] * count
    assert found(stream, out, "low-precision", thresholds=Thresholds(lost_reward_share=1.0)) == []


def test_next_to_zero_no_reward_is_lost() -> None:
    zero, paid = torch.zeros(1, 5, 3), torch.full((1, 5), 1e-3)
    stream, out = half(torch.bfloat16, dqn=zero, dqn_target=zero, reward=paid)
    assert found(stream, out, "low-precision") == []


def test_a_squared_error_beyond_half_precision_is_an_error() -> None:
    q, reward = torch.zeros(1, 5, 3), torch.tensor([[0.0, 255, 256, 0, 0]], dtype=torch.float16)
    stream, out = half(torch.float16, dqn=q, dqn_target=q, reward=reward)
    (only,) = found(stream, out, "low-precision")
    assert only.message == "1 squared error beyond torch.float16, expected none: |td_error| reaches 256."
    assert (only.severity, only.places) == ("error", ((0, 1),))


def test_a_finite_loss_with_a_gradient_that_is_none_is_named_by_its_first_entry() -> None:
    stream, out = batch(shape=(1, 3))
    out["vec_dqn"][0, 1] *= 1e-6
    out["vec_dqn"], out["vec_dqn_target"] = out["vec_dqn"].half(), out["vec_dqn_target"].half()
    (only,) = found(stream, out, "gradient-not-finite")
    action = int(stream["action"][0, 2])
    assert f"not finite in {only.count} of 18 entries, the first at [0, 1, {action}, " in only.message
    assert (only.severity, only.field, only.unit) == ("error", "out.vec_dqn", "step")
    assert {place[:3] for place in only.places} == {(0, 1, action)}


def test_a_loss_that_is_no_number_has_no_gradient_to_judge() -> None:
    stream, out = batch()
    out["dqn"][:] = torch.nan
    assert found(stream, out, "gradient-not-finite") == []
    others = [loss.heads[0] for name, loss in LOSSES.items() if name != "dqn"]
    report = report_on(stream, without(out, *others), "gradient-not-finite")
    assert report.not_checked[0].needs == " or ".join(["a finite loss dqn, found nan", *others])


def test_the_change_of_an_angle_is_a_change_of_the_scale() -> None:
    (only,) = found(*theta(4.0, 4.0), "theta-wraps")
    assert only.change == Change("vec_dqn.reward_scale", 0.39)
