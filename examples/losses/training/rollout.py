"""Steps of Gymnasium environments that run side by side, each row with what led to it."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import torch
from torch import Tensor

TERMINAL, TRUNCATED = 1, 2
Fields = dict[str, Tensor]
Policy = Callable[[Tensor], Tensor]
"""Observations ``[B, ...]`` to actions ``[B, ...]``."""


class Row(NamedTuple):
    """One step of one environment; the row after the end of an episode is the reset, with action 0 and reward 0."""

    obs: Any
    action: Any
    reward: float
    done: int


class Rollout:
    """Environments that run on from one call of `collect` to the next."""

    def __init__(self, make: Callable[[], gymnasium.Env[Any, Any]], count: int) -> None:
        self.environments = [make() for _ in range(count)]
        self.no_action = np.zeros_like(self.environments[0].action_space.sample())
        self.rows = [self._reset(each, seed) for seed, each in enumerate(self.environments)]

    @torch.no_grad()
    def collect(self, policy: Policy, steps: int) -> Fields:
        """``[B, steps]`` rows; the first one is the last one of the call before."""
        columns = [self.rows]
        for _ in range(steps - 1):
            actions = policy(_tensor([row.obs for row in self.rows])).numpy()
            self.rows = [self._step(*each) for each in zip(self.environments, self.rows, actions, strict=True)]
            columns.append(self.rows)
        sequences = list(zip(*columns, strict=True))
        return {name: _tensor([[getattr(row, name) for row in rows] for rows in sequences]) for name in Row._fields}

    def _reset(self, environment: gymnasium.Env[Any, Any], seed: int | None = None) -> Row:
        return Row(environment.reset(seed=seed)[0], self.no_action, 0.0, 0)

    def _step(self, environment: gymnasium.Env[Any, Any], row: Row, action: Any) -> Row:
        if row.done:
            return self._reset(environment)
        obs, reward, terminated, truncated, _info = environment.step(action)
        return Row(obs, action, float(reward), TERMINAL if terminated else TRUNCATED if truncated else 0)


class Replay:
    """Transitions ``[N]`` in the order in which they were seen, in as many rollouts as were added."""

    def __init__(self) -> None:
        self.fields: Fields = {}

    def add(self, rows: Fields) -> None:
        """Add every pair of rows of a rollout ``[B, S]``, those with a reset left out."""
        running = rows["done"][:, :-1] == 0
        obs = rows["obs"]
        new = {name: rows[name][:, 1:] for name in ("action", "reward", "done")}
        new |= {"obs": obs[:, :-1], "next_obs": obs[:, 1:]}
        for name, value in new.items():
            kept = [self.fields[name]] if name in self.fields else []
            self.fields[name] = torch.cat([*kept, value[running]])

    def sample(self, count: int) -> Fields:
        """Draw transitions, each with equal probability."""
        index = torch.randint(len(self.fields["reward"]), (count,))
        return {name: value[index] for name, value in self.fields.items()}


def call(loss: Callable[..., tuple[Tensor, Any]], fields: Fields, **knobs: Any) -> Tensor:
    """The loss on the fields that it names as parameters."""
    read = inspect.signature(loss).parameters.keys() & fields.keys()
    return loss(**{name: fields[name] for name in read}, **knobs)[0]


def minimize(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """One step down the gradient."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def polyak_update(target: torch.nn.Module, online: torch.nn.Module, tau: float) -> None:
    """Mix a share of the online network into its target network."""
    with torch.no_grad():
        for old, new in zip(target.parameters(), online.parameters(), strict=True):
            old.lerp_(new, tau)


def _tensor(values: list[Any]) -> Tensor:
    tensor = torch.from_numpy(np.asarray(values))
    return tensor.float() if tensor.is_floating_point() else tensor
