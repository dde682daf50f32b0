"""Rewards over n steps, and rewards that are another number each time."""

from typing import Any

import pytest
import torch

from benchmarks.data_plants import n_step_discount
from benchmarks.soil import Soil, changed
from mouse import doctor
from mouse.diagnosis import Change, Thresholds
from tests.diagnosis.samples import batch, configs, found, report_on, rows

RULE = "n-step-discount"


def three_steps(gamma: float, last: float = 1.0) -> tuple[Any, Any]:
    """Four episodes of six steps, whose ends are told over three rows; every step pays 1."""
    ends = [0, 0, 0, 1, 1, 1]
    paid = [1 + gamma + gamma**2] * 4 + [1 + gamma, last]
    done = rows([0, *ends * 4, 0])
    time = rows([0, *[1, 2, 3, 4, 5, 0] * 4, 1])
    reward = torch.tensor([[0.0, *paid * 4, 0.0]], dtype=torch.float64)
    return batch(shape=(1, 26), done=done, time=time, reward=reward)


@pytest.mark.parametrize("gamma", [0.9, 0.99])
def test_the_discount_of_one_step_is_named_with_that_of_n(gamma: float) -> None:
    (only,) = found(*three_steps(gamma), RULE, configs(dqn={"gamma": gamma}))
    assert (only.severity, only.field) == ("warning", "configs.dqn.gamma")
    assert only.change == Change("dqn.gamma", round(gamma**3, 9))
    assert found(*three_steps(gamma), RULE, configs(dqn={"gamma": gamma**3})) == []


def test_rewards_that_do_not_tell_their_discount_are_an_information() -> None:
    for last in (0.0, 3.0):
        (only,) = found(*three_steps(0.9, last), RULE)
        assert (only.severity, only.measured) == ("info", 3)


def test_ends_told_over_n_rows_are_one_end_each() -> None:
    stream, out = three_steps(0.9)
    for rule in ("episode-too-short", "reset-pair", "end-inside-episode"):
        assert [each for each in report_on(stream, out, rule) if each.severity != "info"] == []
    stream["done"][0, 5::6] = 0  # told once before, and once at the end
    assert found(stream, out, RULE) == []
    assert found(*batch(shape=(1, 2), time=rows([0, 1])), RULE) == []
    report = doctor(*n_step_discount(Soil(name="cliff"), 1.0))
    assert RULE in {each.rule for each in report}


def test_one_and_the_same_step_with_many_rewards_is_an_information() -> None:
    rule, sample = "reward-not-a-function", Soil(name="cliff").grow()
    assert found(sample.step_stream, sample.out, rule) == []
    noise = 1 + 0.5 * torch.rand(sample.field("reward").shape, generator=torch.Generator().manual_seed(0))
    noisy = changed(sample, reward=sample.field("reward") * noise)
    (only,) = found(noisy.step_stream, sample.out, rule)
    assert (only.severity, only.field) == ("info", "step_stream.reward")
    measured = only.measured or 0
    assert found(noisy.step_stream, sample.out, rule, thresholds=Thresholds(reward_noise=measured)) == []
    assert len(found(noisy.step_stream, sample.out, rule, thresholds=Thresholds(reward_noise=measured - 0.001))) == 1
    constant = changed(sample, reward=torch.ones_like(sample.field("reward")))
    assert found(constant.step_stream, sample.out, rule) == []
    never = changed(
        sample, obs_discrete=torch.arange(sample.field("reward").numel()).view(sample.field("reward").shape)
    )
    needs = report_on(never.step_stream, sample.out, rule, thresholds=Thresholds()).not_checked[0].needs
    assert needs == "64 steps that come again, found 0"
    ended = changed(sample, done=torch.ones_like(sample.field("done")))
    assert report_on(ended.step_stream, sample.out, rule).not_checked[0].needs == "two transitions"
