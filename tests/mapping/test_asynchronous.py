"""Rollouts [T, B] of an asynchronous vector environment: each step holds those B of N environments that are ready."""

import numpy as np
import pytest

from mouse.errors import BatchError
from mouse.mapping import Mapping, detect, plan
from tests.recordings.files import tensors
from tests.recordings.layouts import Fields, table
from tests.recordings.worlds import Array, Steps, agreement, play

STEPS, READY, ENVIRONMENTS = 200, 4, 6


def envpool(world: str = "CartPole-v1") -> tuple[Fields, Steps]:
    """Steps of the environments that are ready first, as EnvPool's `recv` returns them."""
    steps = play(world, 1200, environments=ENVIRONMENTS)
    rng, left = np.random.default_rng(0), np.zeros(ENVIRONMENTS, int)
    rows: list[int] = []
    for _ in range(STEPS):
        for place in rng.permutation(ENVIRONMENTS)[:READY]:
            rows.append(int(left[place]) * ENVIRONMENTS + int(place))
            left[place] += 1
    taken = steps.at(np.array(rows))
    return {name: _in_rows(value) for name, value in table(taken).items()}, taken


def _in_rows(value: Array) -> Array:
    return value.reshape(-1, READY, *value.shape[1:])


def flat(fields: Fields) -> Fields:
    return {name: value.reshape(-1, *value.shape[2:]) for name, value in fields.items()}


@pytest.mark.parametrize("turned", [False, True])
def test_environments_that_change_within_a_column_are_asked_about_with_the_repair(turned: bool) -> None:
    fields, _steps = envpool()
    found = detect(tensors({name: value.swapaxes(0, 1) if turned else value for name, value in fields.items()}))
    assert "`env_id` changes" in found.questions["layout"]
    assert "--environment env_id" in found.questions["layout"]


def test_they_are_refused_where_the_layout_is_said() -> None:
    fields, _steps = envpool()
    mapping = Mapping(fields={"action": "actions", "reward": "rewards"}, layout="time_major", alignment="state")
    with pytest.raises(BatchError, match=r"flatten .* --environment env_id"):
        plan(tensors(fields), mapping)


def test_own_names_are_no_batch_as_they_are_then() -> None:
    fields, steps = envpool()
    own = {"obs": fields["obs"], "action": fields["actions"], "reward": fields["rewards"].astype(np.float32)}
    own |= {"done": _in_rows(steps.ended.astype(int)), "env_id": fields["env_id"]}
    assert not detect(tensors(own)).is_batch(tensors(own))


def test_the_repair_joins_no_two_environments() -> None:
    fields, steps = envpool()
    found = detect(tensors(flat(fields)))
    assert found.mapping.environment == "env_id"
    assert not agreement(plan(tensors(flat(fields)), found.mapping).batch()[0], steps, "obs").wrong


def test_an_environment_that_changes_with_the_episode_is_none_of_them() -> None:
    """A level that is drawn anew for each episode is called after its environment too."""
    steps = play("CartPole-v1", 1200, environments=READY)
    fields = {name: _in_rows(value) for name, value in table(steps).items()} | {"env_id": _in_rows(steps.episode)}
    found = detect(tensors(fields))
    assert "layout" not in found.questions
    assert plan(tensors(fields), found.mapping).rows.index.numel()


@pytest.mark.parametrize("name", ["env_step", "env_reward", "agent_position", "env_frames", "env_seed"])
def test_other_fields_of_environments_number_none(name: str) -> None:
    fields, _steps = envpool()
    del fields["env_id"]
    shape, rng = (STEPS, READY), np.random.default_rng(0)
    rows = np.repeat(np.arange(STEPS)[:, None], READY, axis=1)
    fields[name] = {
        "env_step": rows % 50 + 50 * np.arange(READY),
        "env_reward": rng.normal(size=shape),
        "agent_position": rng.integers(4, size=shape),
        "env_frames": np.zeros((*shape, 2), int),
        "env_seed": rng.integers(1 << 40, size=shape),
    }[name]
    mapping = Mapping(fields={"action": "actions", "reward": "rewards"}, layout="time_major", alignment="state")
    assert plan(tensors(fields), mapping).rows.index.numel()
