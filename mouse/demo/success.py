"""How often a policy reaches the goal: computed from the transition table, not sampled."""

import torch
from jaxtyping import Int
from torch import Tensor

from mouse.demo.environment import TIME_LIMIT, TransitionTable


def success_rate(
    table: TransitionTable, policy: Int[Tensor, " state"], start: int = 0, limit: int = TIME_LIMIT
) -> float:
    """Probability that an episode ends with a reward above zero within `limit` steps.

    Formula: ``sum over t < limit of p_t goal`` with ``p_{t+1} = p_t following``, ``p_0`` all in `start`.

    Shapes: ``policy`` [states], the action taken in each state.
    """
    states = len(table)
    following = torch.zeros(states, states, dtype=torch.float64)
    goal = torch.zeros(states, dtype=torch.float64)
    for state in range(states):
        for probability, next_state, reward, terminated in table[state][int(policy[state])]:
            following[state, next_state] += probability * (not terminated)
            goal[state] += probability * (terminated and reward > 0)
    here = torch.zeros(states, dtype=torch.float64)
    here[start] = 1
    reached = 0.0
    for _ in range(limit):
        reached += float(here @ goal)
        here = here @ following
    return reached
