"""The success rate, against numbers worked by hand and against episodes that are played."""

from typing import cast

import pytest
import torch

from mouse.demo.environment import TIME_LIMIT, Environment, TransitionTable, frozen_lake
from mouse.demo.success import success_rate
from mouse.demo.value_iteration import optimal_values

# State 0: action 0 stays or goes on to 1, evenly; action 1 falls. State 1: reaches the goal (2) with 3 in 4, else back.
TABLE: TransitionTable = {
    0: {0: [(0.5, 0, -0.01, False), (0.5, 1, -0.01, False)], 1: [(1.0, 2, -1.0, True)]},
    1: {0: [(0.75, 2, 1.0, True), (0.25, 0, -0.01, False)], 1: [(1.0, 1, 0.0, False)]},
    2: {0: [(1.0, 2, 0.0, True)], 1: [(1.0, 2, 0.0, True)]},
}


@pytest.mark.parametrize(
    ("policy", "limit", "expected"),
    [
        ([0, 0, 0], 1, 0.0),
        ([0, 0, 0], 2, 0.5 * 0.75),
        # one step more: stay first, 1/4 * 3/4; going back from 1 takes four steps
        ([0, 0, 0], 3, 0.375 + 0.25 * 0.75),
        ([1, 0, 0], 9, 0.0),
        ([0, 1, 0], 9, 0.0),
        ([0, 0, 0], 500, 1.0),
    ],
)
def test_small_numbers(policy: list[int], limit: int, expected: float) -> None:
    assert success_rate(TABLE, torch.tensor(policy), limit=limit) == pytest.approx(expected, abs=1e-12)


def test_an_episode_may_begin_elsewhere() -> None:
    assert success_rate(TABLE, torch.tensor([0, 0, 0]), start=1, limit=1) == 0.75


def test_it_is_what_playing_many_episodes_comes_to() -> None:
    environment, table = frozen_lake(size=4)
    policy = optimal_values(table, 0.99).argmax(dim=-1)
    environment.reset(seed=0)
    episodes = 3000
    played = sum(reaches_goal(environment, cast("list[int]", policy.tolist())) for _ in range(episodes)) / episodes
    expected = success_rate(table, policy)
    assert 0.6 < expected < 0.95
    assert abs(played - expected) < 4 * (expected * (1 - expected) / episodes) ** 0.5, "four standard errors"


def reaches_goal(environment: Environment, policy: list[int]) -> bool:
    state, _info = environment.reset()
    for _ in range(TIME_LIMIT):
        state, reward, terminated, truncated, _info = environment.step(policy[state])
        if terminated or truncated:
            return reward > 0
    raise AssertionError("the time limit ends an episode")
