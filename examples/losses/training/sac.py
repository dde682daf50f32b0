"""Soft actor-critic learns to swing up a pendulum."""

import copy
from typing import NamedTuple

import gymnasium
import torch
from torch import Tensor, nn

from examples.losses.sac_critic import sac_critic_loss
from examples.losses.training.rollout import Fields, Replay, Rollout, call, minimize, polyak_update

ENVIRONMENTS, STEPS, BATCH = 8, 26, 128
ALPHA, TORQUE = 0.2, 2.0


class Critics(nn.Module):
    """Two critics of state and action."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = _network(4, 1), _network(4, 1)

    def forward(self, obs: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Two values ``[N]``."""
        both = torch.cat([obs, action], dim=-1)
        return self.first(both).squeeze(-1), self.second(both).squeeze(-1)


class Sample(NamedTuple):
    """An action ``[N, 1]`` and its log-probability ``[N]``."""

    action: Tensor
    log_prob: Tensor


def sac_batch(updates: int = 1000) -> tuple[Fields, Fields]:
    """Fields ``[N]`` of the last batch, and what the critics put out on it."""
    actor, critics = _network(3, 2), Critics()
    target_critics = copy.deepcopy(critics)
    actor_optimizer = torch.optim.Adam(actor.parameters(), lr=1e-3)
    critic_optimizer = torch.optim.Adam(critics.parameters(), lr=1e-3)
    rollout = Rollout(lambda: gymnasium.make("Pendulum-v1"), ENVIRONMENTS)
    replay = Replay()

    fields, out = Fields(), Fields()
    for update in range(updates):
        if update % 50 == 0:
            replay.add(rollout.collect(lambda obs: _act(actor, obs).action, STEPS))
        fields = replay.sample(BATCH)
        with torch.no_grad():
            following = _act(actor, fields["next_obs"])
            fields["log_prob_next"] = following.log_prob
        q1, q2 = critics(fields["obs"], fields["action"])
        q1_next, q2_next = target_critics(fields["next_obs"], following.action)
        out = {"q1": q1, "q2": q2, "q1_target_next": q1_next, "q2_target_next": q2_next}
        minimize(call(sac_critic_loss, fields | out, alpha=ALPHA), critic_optimizer)
        polyak_update(target_critics, critics, 0.02)
        own = _act(actor, fields["obs"])
        smaller = torch.stack(critics(fields["obs"], own.action)).amin(dim=0)
        minimize((ALPHA * own.log_prob - smaller).mean(), actor_optimizer)
    return {**fields, "action": fields["action"].squeeze(-1)}, out


def _network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs))


def _act(actor: nn.Module, obs: Tensor) -> Sample:
    """Draw from a normal distribution squashed into the range of torques."""
    mean, log_std = actor(obs).chunk(2, dim=-1)
    normal = torch.distributions.Normal(mean, log_std.clamp(-5, 2).exp())
    raw = normal.rsample()
    squashed = raw.tanh()
    log_prob = normal.log_prob(raw) - (TORQUE * (1 - squashed**2) + 1e-6).log()
    return Sample(TORQUE * squashed, log_prob.squeeze(-1))
