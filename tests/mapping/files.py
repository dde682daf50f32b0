"""Two episodes and the beginning of a third, worked by hand, as other libraries write them."""

import dataclasses

import pytest
import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping import Mapping, apply

# A loop around env.step stores with each state the action taken there and what it brought:
#   state 10: action 1 brings 1, on to 11      state 20: action 0 brings 4, on to 21
#   state 11: action 0 brings 2, on to 12      state 21: action 1 brings 5, cut by a time limit
#   state 12: action 1 brings 3, terminal      state 30: action 0 brings 6, on to a state that is not in the file
STATES = [10, 11, 12, 20, 21, 30]
ACTIONS = [1, 0, 1, 0, 1, 0]
REWARDS = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
TERMINATED = [False, False, True, False, False, False]
TRUNCATED = [False, False, False, False, True, False]
EPISODES = [0, 0, 0, 1, 1, 2]
# What mouse wants: with each state the action that led to it. Nothing led to state 10, and state 30's action leads
# nowhere; the ends stand with the first states of the episodes that follow.
ARRIVED = {"action": [0, 1, 0, 1, 0, 1], "reward": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "done": [0, 0, 0, 1, 0, 2]}
# Values of action 0 and 1 in each state, online and target.
Q = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0], [0.5, 0.25]]
Q_TARGET = [[1.0, 0.0], [3.0, 2.0], [5.0, 4.0], [7.0, 6.0], [9.0, 8.0], [0.0, 0.5]]
GYMNASIUM = Mapping(
    fields={"action": "actions", "reward": "rewards", "terminated": "terminations", "truncated": "truncations"},
    layout="flat",
    alignment="state",
    length=6,
)
"""How the rows of `gymnasium` become a batch."""
EPISODIC = dataclasses.replace(GYMNASIUM, sequence="episode")
"""How the rows of `minari` do."""


def gymnasium(*lead: int) -> dict[str, Tensor]:
    """Fields named as in a rollout, [N] or in the dimensions given."""
    return {
        "observations": torch.tensor(STATES, dtype=torch.float32).view(*(lead or (6,)), 1),
        "actions": torch.tensor(ACTIONS).view(lead or (6,)),
        "rewards": torch.tensor(REWARDS, dtype=torch.float64).view(lead or (6,)),
        "terminations": torch.tensor(TERMINATED).view(lead or (6,)),
        "truncations": torch.tensor(TRUNCATED).view(lead or (6,)),
    }


def minari() -> dict[str, Tensor]:
    """Episodes one after the other, with their number."""
    return gymnasium() | {"episode": torch.tensor(EPISODES)}


def d4rl() -> dict[str, Tensor]:
    """A dictionary of arrays with actions that are no numbers but vectors."""
    fields = gymnasium()
    return {
        "observations": fields["observations"],
        "actions": torch.linspace(-1, 1, 12).view(6, 2),
        "rewards": fields["rewards"].float(),
        "terminals": fields["terminations"],
        "timeouts": fields["truncations"],
    }


def torchrl() -> dict[str, Tensor]:
    """One collector's batch [1, 6]: one-hot actions at the root, what they bring under next, all with a last 1."""
    ended = torch.tensor(TERMINATED) | torch.tensor(TRUNCATED)
    return {
        "observation": torch.tensor(STATES, dtype=torch.float32).view(1, 6, 1),
        "action": torch.nn.functional.one_hot(torch.tensor(ACTIONS), 2).view(1, 6, 2),
        "done": torch.zeros(1, 6, 1, dtype=torch.bool),
        "terminated": torch.zeros(1, 6, 1, dtype=torch.bool),
        "next.observation": torch.tensor([11.0, 12, 13, 21, 22, 31]).view(1, 6, 1),
        "next.reward": torch.tensor(REWARDS).view(1, 6, 1),
        "next.done": ended.view(1, 6, 1),
        "next.terminated": torch.tensor(TERMINATED).view(1, 6, 1),
    }


def heads(*lead: int) -> dict[str, Tensor]:
    """The model's output on the states."""
    return {
        "dqn": torch.tensor(Q).view(*(lead or (6,)), 2),
        "dqn_target": torch.tensor(Q_TARGET).view(*(lead or (6,)), 2),
    }


def refused(fields: dict[str, torch.Tensor], mapping: Mapping) -> BatchError:
    """What applying a mapping is refused with."""
    with pytest.raises(BatchError) as error:
        apply(fields, mapping)
    return error.value
