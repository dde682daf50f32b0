"""Rollouts [T, N] and unrolls [B, T]: values tell steps from sequences, and whether a batch is one as it is."""

import numpy as np
import pytest

from mouse.mapping import detect, plan
from tests.recordings.files import tensors
from tests.recordings.layouts import Fields
from tests.recordings.worlds import Array, Steps, agreement, play

ENVIRONMENTS = 6
PROVABLE = ("CliffWalking-v1", "Taxi-v4", "CartPole-v1")
"""Worlds whose steps tell of the order of rows; FrozenLake's are random."""


def played(world: str) -> Steps:
    return play(world, 600, environments=ENVIRONMENTS)


def rollout(steps: Steps, **more: Array) -> Fields:
    """Steps first, then environments, as a vector environment returns them; names that no library has of its own."""
    columns = {"obs": steps.obs, "actions": steps.action, "rewards": steps.reward, **more}
    return {name: value.reshape(-1, ENVIRONMENTS, *value.shape[1:]) for name, value in columns.items()}


def unroll(fields: Fields) -> Fields:
    """Sequences first."""
    return {name: value.swapaxes(0, 1) for name, value in fields.items()}


def starts(steps: Steps) -> Array:
    return (steps.step == 0).astype(np.float32)


@pytest.mark.parametrize("world", PROVABLE)
@pytest.mark.parametrize("layout", ["time_major", "sequences"])
def test_what_actions_lead_to_tells_steps_from_sequences(world: str, layout: str) -> None:
    steps = played(world)
    fields = rollout(steps, terminated=steps.terminated, truncated=steps.truncated)
    found = detect(tensors(fields if layout == "time_major" else unroll(fields)))
    assert (found.mapping.layout, "layout" in found.questions) == (layout, False)


def test_steps_and_sequences_of_a_random_world_are_asked_about() -> None:
    steps = played("FrozenLake-v1")
    assert "layout" in detect(tensors(rollout(steps, dones=steps.ended))).questions


@pytest.mark.parametrize("world", PROVABLE)
@pytest.mark.parametrize("name", ["dones", "episode_starts"])
def test_flags_of_first_rows_end_the_episode_before(world: str, name: str) -> None:
    """CleanRL's PPO stores the done that came with an observation, SB3's rollout buffer the same by another name."""
    steps = played(world)
    fields = tensors(rollout(steps, **{name: starts(steps)}))
    found = detect(fields)
    right = agreement(plan(fields, found.mapping).batch()[0], steps, "obs", either_end=True)
    assert not right.wrong
    assert found.mapping.alignments["done"] == "next_state"
    assert right.ends >= 0.75 * int(steps.ended.sum())


@pytest.mark.parametrize("world", ["CliffWalking-v1", "CartPole-v1"])
def test_own_names_stored_with_the_state_that_is_left_are_no_batch_as_they_are(world: str) -> None:
    """As Brax unrolls: `discount` is 0 at deaths, a time limit has a flag of its own."""
    steps = played(world)
    told = {"discount": (~steps.terminated).astype(np.float32), "extras/truncation": steps.truncated}
    named = {"observation": steps.obs, "action": steps.action, "reward": steps.reward.astype(np.float32)}
    after = {"next_observation": steps.next_obs}
    fields = unroll(rollout(steps, **named, **after, **told))
    fields = tensors({name: value for name, value in fields.items() if name not in {"obs", "actions", "rewards"}})
    found = detect(fields)
    assert (found.mapping.alignment, found.certain, found.is_batch(fields)) == ("state", True, False)
    batch = plan(fields, found.mapping).batch()[0]
    right = agreement(batch, steps, "observation")
    assert not right.wrong
    assert right.ends >= 0.75 * int(steps.ended.sum())


def test_own_names_in_steps_first_are_no_batch_as_they_are() -> None:
    steps = played("CliffWalking-v1")
    done = np.where(steps.terminated, 1, np.where(steps.truncated, 2, 0))
    own = rollout(steps, action=steps.action, reward=steps.reward.astype(np.float32), done=done)
    fields = tensors({name: own[name] for name in ("obs", "action", "reward", "done")})
    found = detect(fields)
    assert (found.mapping.layout, found.is_batch(fields)) == ("time_major", False)


@pytest.mark.parametrize("name", ["info/TimeLimit.truncated", "truncation", "time_limit"])
def test_a_flag_called_after_time_limits_marks_them_among_all_ends(name: str) -> None:
    steps = play("CartPole-v1", 600)
    flags = {"done": steps.ended, name: steps.truncated}
    found = detect(tensors({"obs": steps.obs, "action": steps.action, "reward": steps.reward} | flags))
    assert (found.mapping.fields["done"], found.mapping.fields["truncated"]) == ("done", name)


def test_such_a_flag_elsewhere_than_at_ends_marks_none() -> None:
    steps = play("CartPole-v1", 600)
    flags = {"done": steps.ended, "timeout_near": ~steps.ended, "near_timeout": np.roll(steps.ended, 3)}
    found = detect(tensors({"obs": steps.obs, "action": steps.action, "reward": steps.reward} | flags))
    assert "truncated" not in found.mapping.fields


def test_a_mask_of_a_sample_without_order_is_asked_about() -> None:
    steps = play("CartPole-v1", 600)
    sample = steps.at(np.random.default_rng(0).permutation(len(steps)))
    columns = {"observation": sample.obs, "action": sample.action, "reward": sample.reward}
    told = {"next_observation": sample.next_obs, "discount": (~sample.terminated).astype(np.float32)}
    found = detect(tensors(columns | told))
    assert found.mapping.layout == "transitions"
    assert "Does `discount` mark ends of episodes?" in found.questions["ends"]


def test_flags_of_first_rows_beside_ends_number_no_sequences_of_two_dimensions() -> None:
    """TorchRL stores `is_init` beside `done`."""
    steps = play("FrozenLake-v1", 600)
    columns = {"observation": steps.obs, "action": steps.action, "is_init": starts(steps)}
    after = {"observation": steps.next_obs, "reward": steps.reward, "terminated": steps.terminated}
    nested = {f"next.{name}": value for name, value in (after | {"truncated": steps.truncated}).items()}
    fields = {name: value.reshape(2, -1) for name, value in (columns | nested).items()}
    found = detect(tensors(fields))
    assert (found.mapping.layout, found.mapping.sequence, found.certain) == ("sequences", None, True)
