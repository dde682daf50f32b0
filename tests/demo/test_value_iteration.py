import itertools
from typing import cast

import pytest
import torch
from torch import Tensor

from mouse.demo.environment import TransitionTable, frozen_lake
from mouse.demo.value_iteration import optimal_values

STAY, FORWARD = 0, 1


def test_a_corridor_solved_by_hand() -> None:
    corridor: TransitionTable = {
        0: {STAY: [(1.0, 0, 0, False)], FORWARD: [(1.0, 1, 0, False)]},
        1: {STAY: [(1.0, 1, 0, False)], FORWARD: [(1.0, 2, 1, True)]},
        2: {STAY: [(1.0, 2, 0, True)], FORWARD: [(1.0, 2, 0, True)]},
    }
    # gamma = 1/2. Next to the goal: forward 1, stay 1/2 * 1. A step further: forward 1/2 * 1, stay 1/2 * 1/2.
    expected = torch.tensor([[0.25, 0.5], [0.5, 1.0], [0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(optimal_values(corridor, 0.5), expected, atol=1e-10, rtol=0)


def test_a_slippery_step_averages_its_outcomes() -> None:
    # With 1/4 to the goal (reward 4, terminal), 3/4 back (reward 0): q = 1/4 * 4 + 3/4 * gamma q, gamma = 2/3: q = 2.
    slope: TransitionTable = {0: {0: [(0.25, 1, 4, True), (0.75, 0, 0, False)]}, 1: {0: [(1.0, 1, 0, True)]}}
    torch.testing.assert_close(float(optimal_values(slope, 2 / 3)[0, 0]), 2.0, atol=1e-10, rtol=0)


def test_nothing_follows_a_terminal_outcome_even_into_a_state_worth_something() -> None:
    table: TransitionTable = {0: {0: [(1.0, 1, 5, True)]}, 1: {0: [(1.0, 1, 100, False)]}}
    assert float(optimal_values(table, 0.9)[0, 0]) == 5.0


def test_the_best_of_all_policies_has_these_values() -> None:
    table = random_table(states=4, actions=3, seed=1)
    gamma = 0.9
    values = torch.stack(
        [policy_values(table, policy, gamma) for policy in itertools.product(range(3), repeat=4)]
    ).amax(dim=0)
    expected = torch.tensor(
        [
            [sum(p * (r + gamma * (not end) * float(values[s2])) for p, s2, r, end in table[s][a]) for a in range(3)]
            for s in range(4)
        ],
        dtype=torch.float64,
    )
    torch.testing.assert_close(optimal_values(table, gamma), expected, atol=1e-9, rtol=0)


def test_the_frozen_lake_satisfies_its_bellman_equation() -> None:
    _environment, table = frozen_lake()
    q = optimal_values(table, 0.99)
    for state, by_action in table.items():
        for action, outcomes in by_action.items():
            expected = sum(p * (r + 0.99 * (not end) * float(q[s2].max())) for p, s2, r, end in outcomes)
            assert float(q[state, action]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("gamma", [1.0, -0.1, float("nan")])
def test_a_gamma_without_a_fixed_point_is_rejected(gamma: float) -> None:
    with pytest.raises(ValueError, match=r"gamma: found .*, expected 0 <= gamma < 1"):
        optimal_values({0: {0: [(1.0, 0, 1, False)]}}, gamma)


def random_table(states: int, actions: int, seed: int) -> TransitionTable:
    """Two outcomes per action, one of three outcomes terminal."""
    draw = torch.Generator().manual_seed(seed)

    def number() -> float:
        return float(torch.rand((), generator=draw, dtype=torch.float64))

    def outcomes() -> list[tuple[float, int, float, bool]]:
        share = number()
        return [(p, int(number() * states), 2 * number() - 1, number() < 1 / 3) for p in (share, 1 - share)]

    return {state: {action: outcomes() for action in range(actions)} for state in range(states)}


def policy_values(table: TransitionTable, policy: tuple[int, ...], gamma: float) -> Tensor:
    """Value of each state under a fixed policy: the solution of a linear system."""
    system = torch.eye(len(policy), dtype=torch.float64)
    reward = torch.zeros(len(policy), dtype=torch.float64)
    for state, action in enumerate(policy):
        for p, next_state, r, end in table[state][action]:
            system[state, next_state] -= gamma * p * (not end)
            reward[state] += p * r
    return cast("Tensor", torch.linalg.solve(system, reward))
