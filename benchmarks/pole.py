"""A pole on a cart, as Gymnasium moves it: the one world here whose observations are numbers, with its outputs."""

from functools import cache
from typing import Any

import gymnasium
import numpy as np
import torch
from tensordict import TensorDict
from torch import Generator, Tensor

from benchmarks.clean import Sample
from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig

LIMIT = 40
GAMMA = 0.99


def pole(seed: int = 0, shape: tuple[int, int] = (16, 64), name: str = "CartPole-v1") -> Sample:
    """Push it mostly to where it falls; the row of an end shows the first observation of the next episode."""
    stream, out = _played(seed, shape, name)
    return Sample(stream.clone(), out.clone(), _configs())


@cache
def _played(seed: int, shape: tuple[int, int], name: str) -> tuple[TensorDict, TensorDict]:
    """Play it once; nobody may write into what all callers share."""
    rows, steps = shape
    rng: Any = np.random.default_rng(seed)  # numpy leaves its types open
    env: Any = gymnasium.make(name, max_episode_steps=LIMIT)
    fields: dict[str, list[Any]] = {name: [] for name in ("obs", "action", "reward", "done", "time")}
    for row in range(rows):
        state, time = env.reset(seed=1000 * seed + row)[0], 0
        action, reward, done = 0, 0.0, 0
        for _ in range(steps):
            for field, value in zip(fields.values(), (state, action, reward, done, time), strict=True):
                field.append(value)
            action = int(rng.integers(env.action_space.n)) if rng.random() < 0.6 else int(state[2] > 0)
            state, reward, terminated, truncated, _info = env.step(action)
            done, time = 1 if terminated else 2 if truncated else 0, time + 1
            if done:
                state, time = env.reset()[0], 0
    stream = {name: torch.from_numpy(np.array(values)) for name, values in fields.items()}
    stream = {name: value.view(*shape, *value.shape[1:]) for name, value in stream.items()}
    stream["reward"] = 0.1 * stream["reward"].float()
    generator = Generator().manual_seed(seed)
    heads = _heads(stream["obs"].float(), int(env.action_space.n), generator)
    return TensorDict(stream, batch_size=list(shape)), TensorDict(heads, batch_size=list(shape))


def _heads(obs: Tensor, actions: int, generator: Generator) -> dict[str, Tensor]:
    """Outputs of a network that has learned little: values near what an episode pays, by action."""
    weight = torch.randn(obs.shape[2], actions, generator=generator) / 4
    online = 1 + obs @ weight
    near = online + 0.02 * torch.randn(online.shape, generator=generator)
    vectors = torch.randn(*online.shape, 2, generator=generator)
    turned = vectors + 0.05 * torch.randn(vectors.shape, generator=generator)
    return {"dqn": online, "dqn_target": near, "vec_dqn": vectors, "vec_dqn_target": turned, "sp": obs @ weight - 0.1}


def _configs() -> dict[str, LossConfig]:
    configs: dict[str, LossConfig] = {name: LOSSES[name].config() for name in ("dqn", "vec_dqn")}
    return configs | {"dqn": DqnLossConfig(gamma=GAMMA)}
