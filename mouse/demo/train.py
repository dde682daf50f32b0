"""Train the demo's agent: the combined loss of all four heads on stored transitions."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from tensordict import TensorDict

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


class Update(NamedTuple):
    """The batch, output and metrics of one update."""

    step_stream: TensorDict
    """The batch."""
    out: TensorDict
    """The model's output on it, before the update."""
    loss: CombinedLoss
    """What was minimised, of these two."""


def random_batches(data: TensorDict, *, updates: int, batch_size: int) -> Iterator[TensorDict]:
    """Batches of randomly drawn rows.

    Shapes: ``data`` [rows, S], rows >= batch_size.
    """
    for _ in range(updates):
        yield data[torch.randperm(data.shape[0])[:batch_size]]


def train(model: DemoModel, batches: Iterable[TensorDict], fade: int | None = None) -> Iterator[Update]:
    """Update the model on each batch, and yield each update.

    The learning rate stays, or falls in even steps to 0 at update `fade`.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda update: 1 - update / fade if fade else 1)
    for batch in batches:
        out = model(batch)
        result = combined_loss(batch, out, CONFIGS)
        optimizer.zero_grad()
        result.total.backward()
        optimizer.step()
        rate.step()
        model.polyak_update(dqn_tau=DQN.tau, vec_dqn_tau=VEC_DQN.tau)
        yield Update(batch, out, result)
