"""Observations that no step changes: one array that was stored again and again."""

from typing import Any, cast

import pytest
import torch

import mouse
from benchmarks.pole import pole
from benchmarks.soil import Soil, changed
from mouse import doctor

RULE = "observation-frozen"


@pytest.mark.parametrize("name", ["cliff", "taxi", "lake", "pole"])
def test_the_last_observation_in_every_row_is_named(name: str) -> None:
    sample = pole() if name == "pole" else Soil(name=name).grow()
    key = "obs" if name == "pole" else "obs_discrete"
    stream = cast("Any", sample).step_stream
    assert list(doctor(stream, None, {}, rules=[RULE])) == []
    seen = sample.field(key)
    frozen = cast("Any", changed(sample, None, **{key: seen[:, -1:].expand_as(seen).clone()})).step_stream
    (found,) = doctor(frozen, None, {}, rules=[RULE])
    assert (found.rule, found.severity, found.unit) == (RULE, "warning", "transition")
    assert "leave the observation exactly as it was" in found.message


def test_a_next_observation_that_is_the_observation_is_named() -> None:
    obs = torch.randn(128, 4, generator=torch.Generator().manual_seed(0))
    fields: dict[str, Any] = {"action": torch.zeros(128, dtype=torch.int64), "reward": torch.ones(128)}
    done = torch.arange(128) % 16 == 0
    step_stream, out = mouse.transitions(obs=obs, next_obs=obs, done=done, **fields)
    (found,) = doctor(step_stream, out, {}, rules=[RULE])
    assert found.count == 120
    step_stream, out = mouse.transitions(obs=obs, next_obs=obs + 1, done=done, **fields)
    assert list(doctor(step_stream, out, {}, rules=[RULE])) == []


def test_one_step_that_moves_and_a_world_of_few_states_are_enough_to_be_right() -> None:
    obs = torch.arange(16).unsqueeze(1).repeat(1, 64)
    fields = {"done": torch.zeros_like(obs), "obs": obs}
    assert list(doctor(fields, None, {}, rules=[RULE])) != []
    assert list(doctor(fields | {"obs": obs % 7}, None, {}, rules=[RULE])) == []
    assert list(doctor(fields | {"obs": obs % 8}, None, {}, rules=[RULE])) != []
    moving = obs.clone()
    moving[:, 40] += 1
    assert list(doctor(fields | {"obs": moving}, None, {}, rules=[RULE])) == []


def test_steps_that_all_end_an_episode_are_not_checked() -> None:
    obs = torch.arange(16).unsqueeze(1).repeat(1, 64)
    found = doctor({"done": torch.ones_like(obs), "obs": obs}, None, {}, rules=[RULE])
    assert [each.needs for each in found.not_checked] == ["64 steps that end no episode, found 0"]


def test_single_sequences_that_stand_still_are_information() -> None:
    obs = torch.arange(64).repeat(20, 1)
    obs[:2] = 0
    fields = {"done": torch.zeros_like(obs), "obs": obs}
    (found,) = doctor(fields, None, {}, rules=[RULE])
    assert (found.severity, found.count) == ("info", 2 * 63)
    assert found.message.startswith("2 of 20 sequences hold one and the same observation throughout")
    obs[1] = obs[5]
    assert list(doctor(fields, None, {}, rules=[RULE])) == []
