"""Files whose rows go over to another episode or environment though nothing in them says so."""

import dataclasses

import numpy as np
import pytest
import torch

from mouse.mapping import Mapping, plan
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import WORLDS, Steps, play

NAMES = {"action": "actions", "reward": "rewards", "terminated": "terminated", "truncated": "truncated"}
FLAT = Mapping(fields=NAMES, layout="flat", alignment="state", length=16)


def doubted(steps: Steps) -> list[str]:
    doubts = plan(tensors(layouts.loop(steps)), FLAT).doubts
    return [doubt.id for doubt in doubts if doubt.id.startswith("rows")]


def in_bursts(steps: Steps, length: int) -> Steps:
    """So many steps of each environment in turn."""
    own = [np.flatnonzero(steps.env == env) for env in np.unique(steps.env)]
    turns = min(map(len, own)) // length
    return steps.at(np.concatenate([rows[turn * length :][:length] for turn in range(turns) for rows in own]))


@pytest.mark.parametrize("world", ["CliffWalking-v1", "Taxi-v4", "CartPole-v1"])
@pytest.mark.parametrize("length", [4, 16, None])
def test_environments_that_write_some_steps_each_are_named(world: str, length: int | None) -> None:
    steps = play(world, 1600, environments=4, in_turn=length is not None)
    assert doubted(steps if length is None else in_bursts(steps, length)) == ["rows-interleaved"]


def test_rows_of_a_part_of_a_file_count_from_where_it_begins() -> None:
    fields = tensors(layouts.loop(in_bursts(play("Taxi-v4", 1600, environments=4), 4)))
    (whole,), (part,) = (plan(fields, FLAT, first_row=first).doubts for first in (0, 100_000))
    assert part.rows == tuple(100_000 + row for row in whole.rows)
    assert part.places == whole.places
    assert f" rows {whole.rows[0] + 100_000}, " in part.message


@pytest.mark.parametrize("kept", [0.0, 0.7])
def test_a_time_limit_that_is_not_marked_is_named_in_a_random_world(kept: float) -> None:
    steps = play("FrozenLake-v1", 1600)
    told = steps.truncated & (np.random.default_rng(0).random(len(steps)) < kept)
    planned = plan(tensors(layouts.loop(dataclasses.replace(steps, truncated=told))), FLAT)
    (found,) = (doubt for doubt in planned.doubts if doubt.id == "rows-apart")
    assert found.message.startswith("15 steps after an episode begins")
    assert {*np.flatnonzero(steps.truncated & ~steps.terminated & ~told)[:-1].tolist()} <= {*found.rows}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_right_file_is_not_doubted(world: str, seed: int) -> None:
    assert not doubted(play(world, 1600, seed=seed))


@pytest.mark.parametrize("world", ["FrozenLake-v1", "CliffWalking-v1"])
def test_images_are_compared_as_well(world: str) -> None:
    steps = in_bursts(play(world, 1600, environments=4), 8)
    fields = tensors(layouts.loop(steps))
    fields["obs"] = torch.nn.functional.one_hot(fields["obs"], 64).to(torch.uint8).repeat_interleave(4, dim=1)
    found = [doubt.id for doubt in plan(fields, FLAT).doubts if doubt.id.startswith("rows")]
    assert found == ([] if world == "FrozenLake-v1" else ["rows-interleaved"])
