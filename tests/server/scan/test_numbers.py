import torch
from tensordict import TensorDict

from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.numbers import step_distributions


def returns(reward: list[float], done: list[int], time: list[int] | None = None) -> Distribution:
    """Returns of one sequence."""
    fields = {"reward": torch.tensor([reward]), "done": torch.tensor([done])}
    fields |= {} if time is None else {"time": torch.tensor([time])}
    return step_distributions(TensorDict(fields, (1, len(done))))["episode_return"]


def test_a_return_is_the_sum_of_the_rewards_of_its_episode_alone() -> None:
    # Ends at rows 1, 4 and 7: nothing tells where the first episode began.
    found = returns([9, 1, 1e30, 2, 3, 4, 5, 6], [0, 1, 0, 0, 1, 0, 0, 1])
    assert (found.minimum, found.count) == (15, 2)


def test_a_reward_that_is_not_finite_spoils_the_return_of_its_own_episode_alone() -> None:
    found = returns([9, 1, torch.inf, 2, 3, 4, 5, 6], [0, 1, 0, 0, 1, 0, 0, 1])
    assert (found.count, found.positive_infinity, found.nan, found.sum) == (1, 1, 0, 15)


def test_an_episode_that_began_before_its_sequence_has_a_length_and_no_return() -> None:
    # By the counter, the first episode has 7 steps, of which 2 are here; the second has 3, all of them here.
    found = returns([1, 1, 1, 0, 2, 2, 2, 0], [0, 0, 1, 0, 0, 0, 1, 0], [5, 6, 7, 0, 1, 2, 3, 0])
    assert (found.count, found.sum) == (1, 6)
