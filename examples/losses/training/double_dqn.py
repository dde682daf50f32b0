"""Double DQN learns the frozen lake from sequences, of which those with large TD errors are replayed more often."""

import copy
from typing import Any

import gymnasium
import torch
from torch import Tensor, nn

from examples.losses.double_dqn_huber_nstep import double_dqn_loss, n_step_return
from examples.losses.training.rollout import Fields, Rollout, call, minimize, polyak_update

ENVIRONMENTS, STEPS, BATCH = 16, 16, 32
GAMMA, N_STEP = 0.99, 3
EXPLORATION = 0.3
PRIORITY_EXPONENT = 0.6


class SequenceReplay:
    """Sequences with their priorities."""

    def __init__(self) -> None:
        self.fields: Fields = {}
        self.priority = torch.empty(0)

    def add(self, rows: Fields) -> None:
        """Add sequences, with the highest priority of all."""
        self.fields = {name: torch.cat([self.fields.get(name, new[:0]), new]) for name, new in rows.items()}
        highest = self.priority.max() if len(self.priority) else 1.0
        self.priority = torch.cat([self.priority, torch.full((len(rows["obs"]),), float(highest))])

    def sample(self, count: int) -> tuple[Tensor, Fields]:
        """Which sequences were drawn, and their fields with the probability to be drawn."""
        probability = self.priority**PRIORITY_EXPONENT
        probability = probability / probability.sum()
        index = probability.multinomial(count, replacement=True)
        fields = {name: value[index] for name, value in self.fields.items()}
        fields["sampling_probability"] = probability[index].unsqueeze(1).repeat(1, STEPS)
        return index, fields


def double_dqn_batch(updates: int = 800) -> tuple[Fields, Fields]:
    """Fields ``[B, S]`` of the last batch, and what the networks put out on it."""
    network = nn.Sequential(nn.Embedding(16, 64), nn.ReLU(), nn.Linear(64, 4))
    target_network = copy.deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    rollout = Rollout(_frozen_lake, ENVIRONMENTS)
    replay = SequenceReplay()

    def explore(obs: Tensor) -> Tensor:
        random = torch.rand(len(obs)) < EXPLORATION
        return torch.where(random, torch.randint(4, (len(obs),)), network(obs).argmax(dim=-1))

    fields, out = Fields(), Fields()
    for update in range(updates):
        if update % 8 == 0:
            replay.add(rollout.collect(explore, STEPS))
        index, fields = replay.sample(BATCH)
        obs = fields["obs"]
        out = {"q": network(obs), "q_target": target_network(obs)}
        minimize(call(double_dqn_loss, fields | out, gamma=GAMMA, n_step=N_STEP), optimizer)
        polyak_update(target_network, network, 0.02)
        replay.priority[index] = _priority(fields, out)
    return {"obs_discrete": fields.pop("obs"), **fields}, out


def _frozen_lake() -> gymnasium.Env[Any, Any]:
    """Four moves of five go where they should; the goal gives 1, a hole -1, any other step -0.01."""
    return gymnasium.make("FrozenLake-v1", max_episode_steps=40, success_rate=0.8, reward_schedule=(1, -1, -0.01))


@torch.no_grad()
def _priority(fields: Fields, out: Fields) -> Tensor:
    """Mostly the largest TD error of a sequence, and a little of their mean, as R2D2 does."""
    value = out["q_target"].gather(-1, out["q"].argmax(dim=-1, keepdim=True)).squeeze(-1)
    target = n_step_return(fields["reward"][:, 1:], fields["done"][:, 1:], value[:, 1:], GAMMA, N_STEP)
    taken = out["q"][:, :-1].gather(-1, fields["action"][:, 1:].unsqueeze(-1)).squeeze(-1)
    size = (target - taken).abs() * (fields["done"][:, :-1] == 0)
    return 0.9 * size.max(dim=1).values + 0.1 * size.mean(dim=1)
