"""Optimal values that contradict the steps of a batch, where its world leaves nothing to chance."""

from typing import Any, cast

import pytest
import torch
from torch import Tensor

from benchmarks.clean import Sample
from benchmarks.soil import Soil, changed
from benchmarks.worlds import Walk
from mouse import doctor
from mouse.diagnosis import Finding, Report, Thresholds

RULE = "q-star-contradicted"
WORLDS = pytest.mark.parametrize("name", ["cliff", "taxi"])


def report(sample: Sample, **thresholds: Any) -> Report:
    return doctor(*sample, rules=[RULE], thresholds=Thresholds(**thresholds))


def only(sample: Sample, **thresholds: Any) -> Finding:
    (found,) = report(sample, **thresholds)
    return found


def with_values(sample: Sample, q_star: Tensor) -> Sample:
    return changed(sample, q_star=q_star)


@WORLDS
@pytest.mark.parametrize("seed", range(3))
def test_right_values_are_left_alone(name: str, seed: int) -> None:
    found = report(Soil(name=name, seed=seed).grow())
    assert (list(found), found.checked) == ([], (RULE,))


@WORLDS
def test_values_of_scaled_or_of_nearly_solved_rewards_are_right(name: str) -> None:
    sample = Soil(name=name).grow()
    q_star = sample.field("q_star")
    noise = (
        0.05 * q_star[q_star.isfinite()].std() * torch.randn(q_star.shape, generator=torch.Generator().manual_seed(1))
    )
    for values in (q_star * 10, q_star + noise):
        assert list(report(with_values(sample, values))) == []


@WORLDS
@pytest.mark.parametrize("fault", ["next row", "shuffled", "actions reversed"])
def test_values_of_other_states_or_orders_are_named(name: str, fault: str) -> None:
    sample = Soil(name=name).grow()
    q_star = sample.field("q_star")
    order = torch.randperm(q_star.shape[1], generator=torch.Generator().manual_seed(0))
    wrong = {
        "next row": q_star.roll(-1, 1), "shuffled": q_star[:, order], "actions reversed": q_star.flip(-1)
    }[fault]  # fmt: skip
    found = only(with_values(sample, wrong))
    assert (found.severity, found.field) == ("warning", "step_stream.q_star")
    assert found.measured is not None
    assert found.measured > 0.1
    assert list(report(with_values(sample, wrong), value_share=found.measured)) == []


def test_clipped_rewards_beside_values_of_whole_ones_are_named() -> None:
    sample = Soil(name="taxi").grow()
    assert only(changed(sample, reward=sample.field("reward").clamp(-1, 1))).severity == "warning"


@WORLDS
def test_rewards_of_the_opposite_sign_are_named(name: str) -> None:
    sample = Soil(name=name).grow()
    of_rewards = only(changed(sample, reward=-sample.field("reward")))
    assert "with the opposite sign" in of_rewards.message
    of_values = only(with_values(sample, -sample.field("q_star")))
    for found in (of_rewards, of_values):
        assert (found.severity, found.field) == ("warning", "step_stream.q_star")


@WORLDS
def test_another_discount_than_that_of_the_loss_is_information(name: str) -> None:
    sample = Soil(name=name).grow()
    found = only(changed(sample, {"dqn": {"gamma": 0.9}}))
    assert (found.severity, found.field) == ("info", "dqn.gamma")
    assert found.message.startswith("q_star discounts by 0.99, dqn.gamma is 0.9")
    assert list(report(changed(sample, {"dqn": {"weight": 0.0, "gamma": 0.9}}))) == []


def test_a_world_of_chance_is_not_checked() -> None:
    found = report(Soil(name="lake").grow())
    assert [each.needs for each in found.not_checked] == ["observations that show a world without chance"]


def test_rewards_over_several_steps_are_not_checked() -> None:
    sample = Soil(name="cliff").grow()
    reward = sample.field("reward")
    noisy = reward + torch.randn(reward.shape, generator=torch.Generator().manual_seed(0))
    needs = ["rewards of one step each, which come again and are the same again"]
    for other in (changed(sample, reward=noisy), changed(sample, gamma_n=torch.full_like(reward, 0.9))):
        assert [each.needs for each in report(other).not_checked] == needs


def test_without_any_reward_there_is_nothing_to_compare() -> None:
    sample = Soil(name="cliff").grow()
    found = report(changed(sample, reward=torch.zeros_like(sample.field("reward"))))
    assert [each.needs for each in found.not_checked] == ["a reward other than 0"]


def test_values_that_never_differ_or_are_never_known_are_not_checked() -> None:
    sample = Soil(name="cliff").grow()
    q_star = sample.field("q_star")
    for values in (torch.zeros_like(q_star), torch.full_like(q_star, -torch.inf)):
        found = report(with_values(sample, values))
        assert [each.needs for each in found.not_checked] == ["64 steps with q_star before and after"]


def test_the_places_are_those_of_the_sequences_that_are_wrong() -> None:
    sample = Soil(name="cliff", how=Walk(epsilon=0.5)).grow()
    q_star = sample.field("q_star").clone()
    q_star[:16] = q_star[:16].roll(7, 1)
    found = only(with_values(sample, q_star))
    rows = {place[0] for place in found.places}
    assert rows <= set(range(16))
    assert cast("float", found.measured) > 0.05
