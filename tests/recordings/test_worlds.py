"""What recordings are checked against must itself be right, and must see what is wrong."""

import numpy as np
import pytest
import torch

from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import WORLDS, Steps, agreement, play


def batch_of(steps: Steps) -> dict[str, torch.Tensor]:
    """One sequence, by hand: what led to a row stands with it."""
    codes = np.where(steps.terminated, 1, np.where(steps.truncated, 2, 0))
    shifted = {"action": steps.action, "reward": steps.reward, "done": codes}
    fields = {"obs": steps.obs} | {name: np.concatenate([[0], value[:-1]]) for name, value in shifted.items()}
    return {name: value.unsqueeze(0) for name, value in tensors(fields).items()}


@pytest.mark.parametrize("world", WORLDS)
def test_steps_go_on_from_where_the_last_one_led(world: str) -> None:
    steps = play(world, 300)
    running = ~steps.ended[:-1]
    assert (steps.obs[1:][running] == steps.next_obs[:-1][running]).all()
    assert steps.terminated.any()
    assert steps.truncated.any()
    assert (steps.step[1:][~running] == 0).all()
    found = agreement(batch_of(steps), steps, "obs")
    assert found == (299, (), int(steps.ended[:-1].sum()))


@pytest.mark.parametrize("world", WORLDS)
def test_pairs_that_are_no_step_are_seen(world: str) -> None:
    steps = play(world, 300)
    batch = batch_of(steps)
    assert len(agreement(batch | {"reward": batch["reward"] + 1}, steps, "obs").wrong) == 299
    late = {name: value.roll(1, 1) if name == "action" else value for name, value in batch.items()}
    assert len(agreement(late, steps, "obs").wrong) > 30
    twice = {name: torch.cat([value, value]) for name, value in batch.items()}
    assert len(agreement(twice, steps, "obs").wrong) >= 298  # one way out of it may have been left open
    open_ends = batch | {"done": torch.zeros_like(batch["done"])}
    wrong = agreement(open_ends, steps, "obs").wrong
    assert len(wrong) > int(steps.ended.sum()) - 3  # some end where the next one begins


def test_ends_of_either_kind_may_be_one() -> None:
    steps = play("CliffWalking-v1", 300)
    batch = batch_of(steps)
    batch["done"] = (batch["done"] != 0).long() * 2
    assert len(agreement(batch, steps, "obs").wrong) == int(steps.terminated.sum())
    assert not agreement(batch, steps, "obs", either_end=True).wrong


def test_environments_stand_in_turn() -> None:
    steps = play("FrozenLake-v1", 200, environments=4)
    assert steps.env[:5].tolist() == [0, 1, 2, 3, 0]
    for env in range(4):
        alone = steps.of(env)
        assert not agreement(batch_of(alone), steps, "obs").wrong
        assert (np.diff(alone.episode) >= 0).all()


def test_a_buffer_has_rows_that_were_never_written_or_a_seam() -> None:
    steps = play("FrozenLake-v1", 200)
    part = layouts.tianshou(steps, 320)
    assert (int(part["_size"]), int(part["_insertion_idx"])) == (200, 200)
    assert not part["_meta.obs_next"][200:].any()
    full = layouts.tianshou(steps, 150)
    assert (int(full["_size"]), int(full["_insertion_idx"])) == (150, 50)
    assert full["_meta.obs"].tolist() == [*steps.obs[150:], *steps.obs[50:150]]


def test_episodes_have_a_last_row_where_flags_stand_with_the_state_that_is_reached() -> None:
    steps = play("CliffWalking-v1", 300)
    fields = layouts.rlds(steps)
    count = len(np.unique(steps.episode))
    assert len(fields["observation"]) == 300 + count == len(layouts.dreamer(steps)["obs"])
    assert fields["is_first"].sum() == count
    assert fields["is_last"].sum() == steps.ended.sum()
    assert (fields["observation"][fields["is_last"]] == steps.next_obs[steps.ended]).all()
    assert not fields["action"][fields["is_last"]].any()
