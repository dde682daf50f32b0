"""Agents for the worlds: untrained, and trained for a while on transitions of theirs."""

from functools import cache

import torch
from tensordict import TensorDict

from benchmarks.worlds import Walk, walk, world
from mouse.demo.model import DemoModel
from mouse.losses.combined import combined_loss
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig

N_ACTIONS = 8


def configs_of(name: str) -> dict[str, LossConfig]:
    """What somebody who knows the world would set."""
    scale = world(name).reward_scale
    return {
        "dqn": DqnLossConfig(reward_scale=scale, cql_weight=0.02),
        "vec_dqn": VecDqnLossConfig(reward_scale=scale),
        "sp": SpLossConfig(),
        "sv": SvLossConfig(),
    }


@cache
def agent(name: str, updates: int, seed: int = 0) -> DemoModel:
    """The demo's network after so many updates; the same call gives the same agent."""
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        data = walk(world(name), Walk(shape=(64, 32), n_actions=N_ACTIONS, epsilon=0.5), generator)
        model = DemoModel(n_observations=len(world(name).q_star), n_actions=N_ACTIONS)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(updates):
            batch = data[torch.randperm(len(data), generator=generator)[:16]]
            optimizer.zero_grad()
            combined_loss(batch, model(batch), configs_of(name)).total.backward()
            optimizer.step()
            model.polyak_update(dqn_tau=0.02, vec_dqn_tau=0.02)
    return model


@torch.no_grad()
def outputs(name: str, updates: int, step_stream: TensorDict) -> TensorDict:
    """What an agent says of a batch, with as many actions as the batch has."""
    out = agent(name, updates)(step_stream)
    actions = step_stream["q_star"].shape[2]
    return TensorDict({head: value[:, :, :actions] for head, value in out.items()}, batch_size=step_stream.batch_size)
