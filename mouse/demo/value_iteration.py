"""Optimal action values of an environment whose every transition is known."""

import torch
from jaxtyping import Float
from torch import Tensor

from mouse.demo.environment import TransitionTable


def optimal_values(table: TransitionTable, gamma: float, tolerance: float = 1e-10) -> Float[Tensor, "state action"]:
    """Value iteration until no value can be off by more than `tolerance`.

    Formula: ``q(s, a) = sum over outcomes of p (r + gamma (1 - terminated) max_b q(s', b))``, repeated to its fixed
    point; a sweep that changes nothing by more than d leaves an error of at most d gamma / (1 - gamma).

    Shapes: result [states, actions], float64.

    Raises:
        ValueError: gamma outside [0, 1), where the fixed point need not exist.

    References:
        Sutton and Barto, Reinforcement learning: an introduction, 2nd edition, 2018, section 4.4.
    """
    if not 0 <= gamma < 1:
        raise ValueError(f"gamma: found {gamma}, expected 0 <= gamma < 1; value iteration converges only there.")
    reward, following = _model(table)
    q = torch.zeros_like(reward)
    while True:
        improved = reward + gamma * following @ q.amax(dim=-1)
        change = float((improved - q).abs().max())
        q = improved
        if change * gamma <= tolerance * (1 - gamma):
            return q


def _model(table: TransitionTable) -> tuple[Float[Tensor, "state action"], Float[Tensor, "state action state"]]:
    """Expected reward, and the probability of going on in each state; an outcome that terminates goes nowhere."""
    states, actions = len(table), len(table[0])
    reward = torch.zeros(states, actions, dtype=torch.float64)
    following = torch.zeros(states, actions, states, dtype=torch.float64)
    for state, by_action in table.items():
        for action, outcomes in by_action.items():
            for probability, next_state, outcome_reward, terminated in outcomes:
                reward[state, action] += probability * outcome_reward
                following[state, action, next_state] += probability * (not terminated)
    return reward, following
