import math
from typing import Any

import pytest
import torch

from mouse.diagnosis import Change, Thresholds
from mouse.losses.dqn import dqn_loss
from tests.diagnosis.samples import batch, configs, found, found_if_checked, report_on, rows, without
from tests.diagnosis.samples import limits as with_limits

ENDS = torch.ones(4, 8, dtype=torch.int64)


@pytest.mark.parametrize(
    ("size", "limits", "count"),
    [
        (50.0, {"target_high": 49.9}, 1),
        (50.0, {"target_high": 50.0}, 0),
        (0.5, {"target_low": 0.51}, 1),
        (0.5, {"target_low": 0.5}, 0),
        (50.0, {"target_high": 1.0, "min_samples": 29}, 0),
        (50.0, {"target_high": 1.0, "min_samples": 28}, 1),
        (0.0, {"target_low": 1.0}, 0),
    ],
)
def test_targets_far_from_1_are_named_with_a_scale(size: float, limits: dict[str, float], count: int) -> None:
    stream, out = batch(done=ENDS, reward=torch.full((4, 8), size))
    findings = found_if_checked(stream, out, "target-scale", thresholds=with_limits(**({"min_samples": 0} | limits)))
    assert len(findings) == count
    for only in findings:
        assert only.measured == size
        assert only.change == Change("dqn.reward_scale", 1 / size)
        assert (only.count, only.share_of_loss) == (28, pytest.approx(1))


def test_a_scale_of_0_is_set_anew() -> None:
    stream, out = batch(reward=torch.ones(4, 8), dqn_target=torch.full((4, 8, 3), 1e4))
    (only,) = found(stream, out, "target-scale", configs(dqn={"reward_scale": 0.0}))
    assert only.change == Change("dqn.reward_scale", 1.0)


def test_targets_too_small_for_any_scale_come_without_one() -> None:
    stream, out = batch(done=ENDS, reward=torch.full((4, 8), 1e-310, dtype=torch.float64))
    (only,) = found(stream, out, "target-scale")
    assert only.change is None


def test_the_99th_percentile_leaves_single_targets_out() -> None:
    reward = torch.ones(2, 101)
    reward[0, 1] = reward[1, 1] = 1e6
    assert found(*batch(shape=(2, 101), reward=reward, done=ENDS[:1, :1].expand(2, 101)), "target-scale") == []
    reward[0, 2] = 1e6
    assert len(found(*batch(shape=(2, 101), reward=reward, done=ENDS[:1, :1].expand(2, 101)), "target-scale")) == 1


def test_values_above_what_rewards_can_pay_are_named_with_their_places() -> None:
    stream, out = batch(reward=torch.full((4, 8), -0.5), dqn_target=torch.zeros(4, 8, 3))
    out["dqn_target"][1, 3, 2] = 120.0
    stream = without(stream, "q_star")
    (only,) = found(stream, out, "q-overestimation")
    assert only.message == (
        "|q_next_max| reaches 120, 2.4 times the 50 that rewards of at most 0.5 can pay (threshold 1.5 times)."
    )
    assert only.places == ((1, 2),)
    assert found(stream, out, "q-overestimation", thresholds=Thresholds(min_samples=0, overestimation_factor=2.5)) == []
    assert found(stream, out, "q-overestimation", thresholds=Thresholds(min_samples=0, overestimation_floor=90.0)) == []
    assert found_if_checked(stream, out, "q-overestimation", thresholds=Thresholds(min_samples=29)) == []
    stream["done"][1, 3] = 1  # nothing bootstraps from it
    assert found(stream, out, "q-overestimation") == []


def test_no_reward_and_no_discount_bound_nothing() -> None:
    stream, out = batch(reward=torch.zeros(4, 8), dqn_target=torch.full((4, 8, 3), 1e4))
    assert found(without(stream, "q_star"), out, "q-overestimation") == []
    stream["reward"][:] = 1
    assert found(without(stream, "q_star"), out, "q-overestimation", configs(dqn={"gamma": 1.0})) == []
    stream["q_star"] = torch.zeros(4, 8, 5)  # of another number of actions: nothing to compare with
    assert found(stream, out, "q-overestimation", configs(dqn={"gamma": 1.0})) == []


def test_a_bias_above_q_star_is_told_for_both_halves() -> None:
    q_star = torch.full((4, 8, 3), 2.0)
    dqn = torch.cat([torch.full((4, 3, 3), 7.0), torch.full((4, 5, 3), 12.0)], dim=1)
    stream, out = batch(q_star=q_star, dqn=dqn, reward=torch.full((4, 8), 0.5), dqn_target=torch.zeros(4, 8, 3))
    bias = (3 * 5 + 4 * 10) / 7  # of the 7 transitions of a sequence, 3 lie in the first half
    (only,) = found(stream, out, "q-overestimation")
    assert only.measured == pytest.approx(bias / 2.5)
    assert "5 in the first half of the sequences, 10 in the second." in only.message
    limits = Thresholds(min_samples=0, overestimation_bias=bias / 2.5 + 0.01)
    assert found(stream, out, "q-overestimation", thresholds=limits) == []
    stream["q_star"][:, :6] = -torch.inf  # 4 transitions are left
    assert found(stream, out, "q-overestimation", thresholds=Thresholds(min_samples=5)) == []
    stream["q_star"] = torch.zeros(4, 8, 3)
    stream["reward"][:] = 0.0
    assert found(stream, out, "q-overestimation") == []  # of what size values are, nothing tells


def test_a_sum_without_bound_is_named() -> None:
    stream, out = batch()
    undiscounted = configs(dqn={"gamma": 1.0})
    (only,) = found(stream, out, "discount-unbounded", undiscounted)
    assert only.change == Change("dqn.gamma", 0.99)
    assert found(stream, out, "discount-unbounded", undiscounted, Thresholds(min_samples=29)) == []
    stream["done"][2, 5] = 1
    assert found(stream, out, "discount-unbounded", undiscounted) == []


def test_what_follows_death_is_named() -> None:
    stream, out = batch(shape=(1, 5), done=rows([1, 0, 0, 1, 2]))
    (only,) = found(stream, out, "discount-unbounded", configs(dqn={"gamma_terminal": 0.5}))
    assert (only.places, only.measured, only.change) == (((0, 2),), 0.5, Change("dqn.gamma_terminal", 0.0))
    assert found(stream, out, "discount-unbounded") == []


def test_a_horizon_of_many_sequences_is_an_information() -> None:
    stream, out = batch()
    far = configs(dqn={"gamma": 0.99})  # 100 steps in sequences of 8
    (only,) = found(stream, out, "discount-unbounded", far, Thresholds(horizon_ratio=12.4))
    assert (only.severity, only.measured) == ("info", pytest.approx(12.5))
    assert found(stream, out, "discount-unbounded", far, Thresholds(horizon_ratio=12.6)) == []


@pytest.mark.parametrize("name", ["dqn", "vec_dqn"])
def test_a_target_that_is_the_online_head_is_named_once_something_is_learned(name: str) -> None:
    stream, out = batch(done=ENDS)
    out[f"{name}_target"] = out[name].clone()
    assert [each.severity for each in found(stream, out, "target-equals-online")] == ["info"]
    tau = configs(**{name: {"tau": 1.0}})
    (only,) = found(stream, out, "target-equals-online", tau)
    assert (only.severity, only.change) == ("warning", Change(f"{name}.tau", 0.005))
    (only,) = found(stream, out, "target-equals-online", thresholds=Thresholds(learned_residual=1e6))
    assert (only.severity, only.field, only.change) == ("warning", f"out.{name}_target", None)
    (only,) = found(stream, out, "target-equals-online", {})
    assert only.severity == "info"
    out[f"{name}_target"].view(-1)[5] += 1e-6
    assert found(stream, out, "target-equals-online") == []


def cql_shares(weight: float) -> tuple[float, float]:
    """Share of the penalty in the gradients' lengths, and the bias, by autograd of the loss under both weights."""
    stream, out = batch()
    gradients: dict[float, torch.Tensor] = {}
    for used in (0.0, weight):
        out["dqn"] = out["dqn"].detach().requires_grad_()
        loss, _ = dqn_loss(stream, out, configs(dqn={"cql_weight": used})["dqn"])  # pyright: ignore[reportArgumentType]  # it is a DqnLossConfig
        (gradients[used],) = torch.autograd.grad(loss, out["dqn"])
    of_td = gradients[0.0][:, :-1]
    of_penalty = gradients[weight][:, :-1] - of_td
    td, penalty = (float(each.square().sum(dim=-1).sqrt().sum()) for each in (of_td, of_penalty))
    taken = of_penalty.gather(-1, stream["action"][:, 1:].unsqueeze(-1)).abs().sum()
    return penalty / (td + penalty), float(taken / 2)


def test_a_penalty_that_outgrows_the_td_error_is_named_with_the_weight_for_a_quarter() -> None:
    stream, out = batch()
    share, bias = cql_shares(5.0)
    cfg = configs(dqn={"cql_weight": 5.0})
    (only,) = found(stream, out, "cql-dominates", cfg)
    assert only.measured == pytest.approx(share, rel=1e-5)
    assert f"q_taken lies {bias:.3g} above its target on average" in only.message
    assert only.change is not None
    assert only.change.field == "dqn.cql_weight"
    weight = float(only.change.value)
    assert 0.22 < cql_shares(weight)[0] <= 0.2501
    assert found(stream, out, "cql-dominates", configs(dqn={"cql_weight": weight})) == []
    assert found(stream, out, "cql-dominates", cfg, Thresholds(min_samples=0, cql_share=share + 1e-4)) == []
    assert found(stream, out, "cql-dominates", cfg, Thresholds(min_samples=29, cql_share=0.0)) == []
    assert found(stream, out, "cql-dominates") == []


def test_a_penalty_without_any_td_error_is_switched_off() -> None:
    stream, out = batch(reward=torch.zeros(4, 8), done=ENDS, dqn=torch.zeros(4, 8, 3))
    (only,) = found(stream, out, "cql-dominates", configs(dqn={"cql_weight": 1.0}))
    assert (only.measured, only.change) == (1.0, Change("dqn.cql_weight", 0.0))
    single: dict[str, Any] = {
        "dqn": torch.zeros(4, 8, 1),
        "dqn_target": torch.zeros(4, 8, 1),
        "action": torch.zeros_like(ENDS),
    }
    stream, out = batch(reward=torch.zeros(4, 8), done=ENDS, **single)
    assert found(stream, out, "cql-dominates", configs(dqn={"cql_weight": 1.0})) == []


def test_statistics_are_those_of_the_terms() -> None:
    done = rows([0, 0, 1, 0, 0, 1, 0, 1])
    stream, out = batch(shape=(1, 8), done=done)
    residual, terminal, target, entropy = found(stream, out, "value-statistics")
    q = out["dqn"][0, torch.arange(7), stream["action"][0, 1:]]
    y = stream["reward"][0, 1:] + 0.99 * out["dqn_target"][0, 1:].amax(-1) * (done[0, 1:] == 0)
    assert residual.measured == pytest.approx(float((y - q).var() / y.var()), rel=1e-5)
    ends = torch.tensor([1, 4, 6])
    expected = torch.corrcoef(torch.stack([q[ends], stream["reward"][0, 1:][ends]]))[0, 1]
    assert terminal.measured == pytest.approx(float(expected), rel=1e-5)
    assert target.measured == float(y.median())
    p = out["sp"].softmax(-1)
    assert entropy.measured == pytest.approx(float((-(p * p.log()).sum(-1) / math.log(3)).mean()), rel=1e-5)
    assert {each.severity for each in (residual, terminal, target, entropy)} == {"info"}


def test_statistics_that_do_not_exist_are_left_out() -> None:
    constant: dict[str, Any] = {
        "dqn": torch.ones(1, 3, 2),
        "dqn_target": torch.ones(1, 3, 2),
        "reward": torch.ones(1, 3),
    }
    stream, out = batch(shape=(1, 3), actions=2, done=rows([0, 0, 1]), action=rows([0, 0, 0]), **constant)
    out["dqn_target"][:] = 0
    told = [each.message for each in found(stream, without(out, "sp"), "value-statistics")]
    assert told == ["Target distribution: 1 to 1, median 1, mean 1."]
    single = batch(shape=(1, 3), actions=1, action=rows([0, 0, 0]))
    report = report_on(single[0], without(single[1], "dqn"), "value-statistics")
    assert report.not_checked[0].needs == "a step with two valid actions"
