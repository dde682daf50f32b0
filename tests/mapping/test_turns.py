"""Rows of several environments in turn, which no column numbers: found by what follows an observation, and asked."""

import dataclasses

import numpy as np
import pytest
import torch

from mouse.errors import BatchError
from mouse.mapping import Mapping, apply, detect, plan
from mouse.mapping.turns import turns
from tests.mapping.test_recordings import WORLDS, is_right, read
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import play


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("num_envs", [2, 3, 8])
def test_environments_that_no_column_numbers_are_asked_about(world: str, num_envs: int) -> None:
    steps = play(world, 960, environments=num_envs)
    found, right = read(layouts.loop(steps), steps, "obs")
    assert found.mapping.num_envs == num_envs
    assert found.questions["num_envs"].startswith(f"Do {num_envs} environments take turns row by row")
    is_right(right, steps, ends=int(steps.ended.sum()))
    told = plan(tensors(layouts.loop(steps)), found.mapping).notes
    assert f"{num_envs} environments take turns row by row: the rows of each are put together." in told


@pytest.mark.parametrize("world", WORLDS)
def test_next_observations_prove_them(world: str) -> None:
    steps = play(world, 960, environments=4)
    found, right = read(layouts.loop(steps) | {"next_obs": steps.next_obs}, steps, "obs")
    assert (found.mapping.layout, found.mapping.num_envs) == ("flat", 4)
    assert found.certain
    is_right(right, steps, ends=int(steps.ended.sum()))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("in_turn", [True, False], ids=["one environment", "no fixed order"])
def test_rows_that_take_no_turns_are_of_one_environment(world: str, in_turn: bool) -> None:
    steps = play(world, 900, environments=1 if in_turn else 3, in_turn=in_turn)
    for fields in (layouts.loop(steps), {"obs": steps.obs, "action": steps.action, "reward": steps.reward}):
        assert detect(tensors(fields)).mapping.num_envs == 1


def test_many_environments_are_found_where_their_number_divides_the_rows() -> None:
    steps = play("CartPole-v1", 24 * 60, environments=24)
    columns = [torch.from_numpy(np.asarray(column)) for column in (steps.obs, steps.next_obs, steps.action)]
    obs, after, action = columns
    assert turns(obs, None, action, None) == (24, False)
    assert turns(obs, after, action, None) == (24, True)
    assert turns(obs[:-1], after[:-1], action[:-1], None) is None


def test_observations_that_no_row_explains_take_no_turns() -> None:
    noise = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    assert turns(noise, None, torch.zeros(500).long(), None) is None
    assert turns(noise[:10], None, None, None) is None


def test_rows_of_each_environment_are_put_together() -> None:
    fields = {"x": torch.tensor([10, 20, 11, 21, 12, 22, 13])}
    step_stream, _out = apply(fields, Mapping(fields={"time": "x"}, layout="flat", num_envs=2, length=3))
    assert step_stream["time"].tolist() == [[10, 11, 12], [20, 21, 22]]


def test_they_need_flat_rows_that_no_column_numbers() -> None:
    fields = {"x": torch.arange(6), "env": torch.arange(6) % 2}
    flat = Mapping(fields={"time": "x"}, layout="flat", num_envs=2)
    with pytest.raises(BatchError, match=r"^mapping\.num_envs: found 2 beside environment 'env', expected 1"):
        plan(fields, dataclasses.replace(flat, environment="env"))
    with pytest.raises(BatchError, match=r"^mapping\.num_envs: found 2 beside layout items, expected 1"):
        plan(fields, dataclasses.replace(flat, layout="items"))


def test_one_field_or_several_are_asked_about_in_one_grammar() -> None:
    """Numbers of environments at random leave open where more than the reward stands."""
    rows = tensors(layouts.loop(play("CliffWalking-v1", 600, environments=3)))
    number = torch.arange(3).repeat_interleave(200)[torch.randperm(600, generator=torch.Generator().manual_seed(0))]
    asked = detect(rows | {"env_id": number}).questions["alignment"]
    assert asked.startswith("Do `actions`, `terminated`, `truncated` stand with")
