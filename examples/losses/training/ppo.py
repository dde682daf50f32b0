"""PPO learns to balance a pole."""

from typing import Any

import gymnasium
import torch
from torch import Tensor, nn

from examples.losses.ppo_clip import ppo_loss
from examples.losses.training.rollout import TERMINAL, Fields, Rollout, call, minimize

ENVIRONMENTS, STEPS, EPOCHS = 16, 64, 4
GAMMA, LAMBDA = 0.98, 0.95


def ppo_batch(iterations: int = 30) -> tuple[Fields, Fields]:
    """Fields ``[B, S]`` of the last rollout, and what the networks put out in its last epoch."""
    policy, critic = _network(2), _network(1)
    optimizer = torch.optim.Adam([*policy.parameters(), *critic.parameters()], lr=3e-3)
    rollout = Rollout(_cart_pole, ENVIRONMENTS)

    def sample(obs: Tensor) -> Tensor:
        return policy(obs).softmax(dim=-1).multinomial(1).squeeze(-1)

    fields, out = Fields(), Fields()
    for _ in range(iterations):
        fields = rollout.collect(sample, STEPS)
        obs = fields.pop("obs")
        with torch.no_grad():
            fields |= _recorded(fields, policy(obs), critic(obs).squeeze(-1))
        for _ in range(EPOCHS):
            out = {"logits": policy(obs), "value": critic(obs).squeeze(-1)}
            minimize(call(ppo_loss, fields | out), optimizer)
        fields["obs_continuous"] = obs
    return fields, out


def _cart_pole() -> gymnasium.Env[Any, Any]:
    """Rewards of 0.1 instead of 1 keep the value loss near the size of the policy loss."""
    return gymnasium.wrappers.TransformReward(gymnasium.make("CartPole-v1"), lambda reward: 0.1 * float(reward))


def _network(outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs))


def _recorded(fields: Fields, logits: Tensor, value: Tensor) -> Fields:
    """What PPO records with a rollout. Row t+1 holds what belongs to the action that led to it, as it holds the action.

    The value is that of the row's own state.
    """
    advantage = generalized_advantage(fields["reward"][:, 1:], fields["done"], value)
    log_prob = logits[:, :-1].log_softmax(dim=-1).gather(-1, fields["action"][:, 1:].unsqueeze(-1)).squeeze(-1)
    of_actions = {"old_log_prob": log_prob, "advantage": advantage, "returns": advantage + value[:, :-1]}
    return {"old_value": value, **{name: nn.functional.pad(each, (1, 0)) for name, each in of_actions.items()}}


def generalized_advantage(reward: Tensor, done: Tensor, value: Tensor) -> Tensor:
    """GAE ``[B, S - 1]`` of the transitions between rows ``[B, S]``; 0 for the pair of an episode's end and a reset."""
    td_error = reward + GAMMA * value[:, 1:] * (done[:, 1:] != TERMINAL) - value[:, :-1]
    advantage = torch.zeros_like(td_error)
    after = torch.zeros_like(td_error[:, 0])
    for t in reversed(range(td_error.shape[1])):
        after = td_error[:, t] + GAMMA * LAMBDA * after * (done[:, t + 1] == 0)
        advantage[:, t] = after * (done[:, t] == 0)
    return advantage
