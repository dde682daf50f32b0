"""The right row of an action or a reward stands out where the world is not random, and nothing does where it is."""

import pytest
import torch
from torch import Tensor

from mouse.evidence.lags import LagEvidence, action_lag, reward_lag
from tests.evidence.recorded import cart, running, seeded, table

STORED = {-1: 2, 0: 1, 1: 0, 2: -1}
"""By how many rows a field that stands with the observation reached has to be moved to stand with each lag."""


def moved(value: Tensor, lag: int) -> Tensor:
    return value.roll(-STORED[lag], 1)


def found(batch: dict[str, Tensor]) -> LagEvidence:
    return action_lag(batch["obs"], batch["action"], running(batch["done"]))


@pytest.mark.parametrize("lag", STORED)
@pytest.mark.parametrize("name", ["cliff", "taxi"])
def test_the_row_of_the_action_settles_what_follows_in_a_table(name: str, lag: int) -> None:
    batch = table(name, epsilon=0.5)
    evidence = found(batch | {"action": moved(batch["action"], lag)})
    assert (evidence.lag, evidence.unit) == (lag, "pairs")
    assert evidence.explained[lag] > 0.99
    assert max(share for other, share in evidence.explained.items() if other != lag) < 0.6


@pytest.mark.parametrize("lag", STORED)
@pytest.mark.parametrize("continuous", [False, True])
def test_the_row_of_the_action_settles_the_change_of_numbers(lag: int, *, continuous: bool) -> None:
    batch = cart()
    action = batch["action"].double().unsqueeze(-1) if continuous else batch["action"]
    evidence = found(batch | {"action": moved(action, lag)})
    assert (evidence.lag, evidence.unit) == (lag, "variance")
    assert evidence.explained[lag] > 0.99


def test_a_flat_table_and_other_shapes_of_observations_say_the_same() -> None:
    batch = table("cliff", epsilon=0.5)
    flat = {name: value.flatten() for name, value in batch.items()}
    follows = torch.nn.functional.pad(running(batch["done"]), (0, 1)).flatten()[:-1]
    assert action_lag(flat["obs"], flat["action"], follows).lag == 1
    image = torch.nn.functional.one_hot(batch["obs"], 48).view(16, 64, 6, 8).to(torch.uint8)
    assert found(batch | {"obs": image}) == found(batch)
    assert found(batch | {"obs": image.float()}).lag == 1


@pytest.mark.parametrize("lag", [0, 1])
def test_no_row_stands_out_in_a_random_world(lag: int) -> None:
    batch = table("lake", epsilon=0.5)
    assert found(batch | {"action": moved(batch["action"], lag)}).lag is None
    assert found(cart(noise=0.3)).lag is None


def test_a_policy_that_answers_the_observation_is_not_taken_for_its_cause() -> None:
    """Random steps to the left or the right; the action at each place tells which way it went, and changes nothing."""
    step = torch.randint(2, (16, 64), generator=seeded()) * 2 - 1
    place = step.cumsum(1).remainder(3)
    batch = {"obs": place, "action": place, "done": torch.zeros_like(place)}
    evidence = found(batch)
    assert evidence.explained[1] == pytest.approx(1)
    assert evidence.lag is None
    spot = torch.randn(8, 64, 2, generator=seeded())
    assert found({"obs": spot, "action": spot, "done": torch.zeros(8, 64)}).lag is None


def test_more_numbers_than_rows_can_weigh_are_modelled_without_their_products() -> None:
    batch = cart()
    noise = torch.randn(8, 64, 40, generator=seeded(), dtype=torch.float64)
    assert found(batch | {"obs": torch.cat([batch["obs"], noise], dim=-1)}).explained[1] < 0.9
    still = noise[:, :1].expand(8, 64, 40)
    assert found(batch | {"obs": torch.cat([batch["obs"], still], dim=-1)}).lag == 1


def test_resets_that_nothing_marks_do_not_hide_the_row() -> None:
    batch = cart()
    for name in ("obs", "action"):
        batch[name][:, 40:] = batch[name][:, 40:].roll(1, 0)
    assert found(batch).lag == 1


def test_a_sample_of_many_steps_shows_the_moves_of_both_players() -> None:
    """They move in turn, and the moves of one have no effect: every fourth step would show that player alone."""
    turn = torch.arange(30_000) % 2
    action = torch.randint(2, turn.shape, generator=seeded())
    moved = action * (1 - turn)
    place = (moved.cumsum(0) - moved) % 10
    follows = torch.ones(len(turn) - 1, dtype=torch.bool)
    assert action_lag(2 * place + turn, action, follows).lag == 0


def test_rows_that_are_no_number_are_left_out() -> None:
    batch = cart()
    batch["obs"][0, 3] = torch.nan
    assert found(batch).lag == 1


def test_what_is_too_little_says_nothing() -> None:
    empty: dict[int, float] = {}
    assert found(table("cliff", (1, 60))) == LagEvidence(None, empty, "pairs")
    batch = table("cliff")
    assert found(batch | {"obs": batch["obs"] * 0}).explained == empty  # nothing is left open
    assert found(batch | {"obs": torch.arange(1024).view(16, 64)}).explained == empty  # nothing comes again
    assert found(
        batch | {"obs": batch["obs"].unsqueeze(-1).expand(16, 64, 70).double() + torch.rand(16, 64, 70)}
    ) == found(batch | {"obs": torch.arange(1024).view(16, 64)})  # an image of numbers
    still = cart() | {
        "obs": torch.randn(8, 1, 2, generator=seeded()).expand(8, 64, 2) + torch.arange(64).view(1, 64, 1)
    }
    assert found(still).explained == empty  # every change is the same
    assert found(cart() | {"action": torch.arange(512).view(8, 64)}).explained == empty  # each action is another


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_recording_of_a_few_rows_says_nothing(steps: int) -> None:
    batch = {name: value[:, :steps] for name, value in cart().items()}
    assert (found(batch).explained, paid(batch).explained) == ({}, {})


def paid(batch: dict[str, Tensor]) -> LagEvidence:
    steps = batch["done"][:, :-1] == 0
    return reward_lag(batch["obs"], batch["action"][:, 1:], batch["reward"], steps)


@pytest.mark.parametrize("lag", STORED)
@pytest.mark.parametrize("name", ["cliff", "taxi"])
def test_the_row_of_the_reward_goes_with_observation_and_action_in_a_table(name: str, lag: int) -> None:
    batch = table(name, (32, 128), epsilon=0.7)
    evidence = paid(batch | {"reward": moved(batch["reward"], lag)})
    assert evidence.explained[lag] > 0.99
    assert evidence.lag == lag


@pytest.mark.parametrize("lag", STORED)
def test_the_row_of_a_goals_reward_goes_with_where_a_random_step_led(lag: int) -> None:
    batch = table("lake", (32, 128), epsilon=0.5)
    evidence = paid(batch | {"reward": moved(batch["reward"], lag)})
    assert evidence.lag == lag
    assert evidence.explained[lag] > 0.94  # a hole and the goal both lead to a row that shows the start


@pytest.mark.parametrize("lag", STORED)
def test_the_row_of_the_reward_goes_with_numbers(lag: int) -> None:
    batch = cart()
    push = batch["action"] - 1.0
    batch["reward"] = push * batch["obs"].roll(1, 1).sum(-1)
    assert paid(batch | {"reward": moved(batch["reward"], lag)}).lag == lag


def test_rewards_that_hardly_vary_or_that_nothing_explains_say_nothing() -> None:
    batch = table("cliff")
    assert paid(batch | {"reward": torch.ones(16, 64)}).explained == {}
    assert paid(table("cliff", (1, 50))).explained == {}
    assert paid(batch | {"obs": torch.arange(1024).view(16, 64)}).explained == {}
    assert paid(cart() | {"action": torch.arange(512).view(8, 64)}).explained == {}
    assert paid(batch | {"reward": torch.rand(16, 64, generator=seeded())}).lag is None
