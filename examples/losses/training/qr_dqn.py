"""Quantile regression DQN learns to balance a pole."""

import copy

import gymnasium
import torch
from torch import Tensor, nn

from examples.losses.qr_dqn import qr_dqn_loss
from examples.losses.training.rollout import Fields, Replay, Rollout, call, minimize, polyak_update

ENVIRONMENTS, STEPS, BATCH = 8, 17, 128
ACTIONS, QUANTILES = 2, 16
EXPLORATION = 0.1


def qr_dqn_batch(updates: int = 1500) -> tuple[Fields, Fields]:
    """Fields ``[N]`` of the last batch, and what the networks put out on it."""
    network = nn.Sequential(
        nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, ACTIONS * QUANTILES),
        nn.Unflatten(-1, (ACTIONS, QUANTILES)),
    )  # fmt: skip
    target_network = copy.deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    rollout = Rollout(lambda: gymnasium.make("CartPole-v1"), ENVIRONMENTS)
    replay = Replay()

    def explore(obs: Tensor) -> Tensor:
        random = torch.rand(len(obs)) < EXPLORATION
        return torch.where(random, torch.randint(ACTIONS, (len(obs),)), network(obs).mean(dim=-1).argmax(dim=-1))

    fields, out = Fields(), Fields()
    for update in range(updates):
        if update % 16 == 0:
            replay.add(rollout.collect(explore, STEPS))
        fields = replay.sample(BATCH)
        out = {"quantiles": network(fields["obs"]), "quantiles_target_next": target_network(fields["next_obs"])}
        minimize(call(qr_dqn_loss, fields | out), optimizer)
        polyak_update(target_network, network, 0.02)
    return fields, out
