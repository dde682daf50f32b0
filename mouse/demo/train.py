"""Training of the demo's agent: the combined loss of all four heads on stored transitions."""

from collections.abc import Iterator

import torch
from tensordict import TensorDictBase

from mouse.demo.model import DemoModel
from mouse.losses.combined import CombinedLoss, combined_loss
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig

DQN = DqnLossConfig(gamma_truncated=0.99, tau=0.02, cql_weight=0.02)
"""A time limit is no end of the world, so truncated transitions bootstrap. The CQL penalty keeps actions down that the
data never shows: the two that the environment does not have would else win the maximum of the target."""
VEC_DQN = VecDqnLossConfig(tau=0.02)
CONFIGS = {"dqn": DQN, "vec_dqn": VEC_DQN, "sp": SpLossConfig(), "sv": SvLossConfig()}


def train(model: DemoModel, data: TensorDictBase, *, updates: int, batch_size: int) -> Iterator[CombinedLoss]:
    """Update the model on randomly drawn rows, one update per item: the loss before it.

    Shapes: ``data`` [rows, S], rows >= batch_size.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(updates):
        batch = data[torch.randperm(data.shape[0])[:batch_size]]
        result = combined_loss(batch, model(batch), CONFIGS)
        optimizer.zero_grad()
        result.total.backward()
        optimizer.step()
        model.polyak_update(dqn_tau=DQN.tau, vec_dqn_tau=VEC_DQN.tau)
        yield result
