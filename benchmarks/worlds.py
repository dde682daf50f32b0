"""Batches of real environments whose every transition is known, simulated a whole batch at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import gymnasium
import torch
from tensordict import TensorDict
from torch import Generator, Tensor

from mouse.demo.environment import TransitionTable, frozen_lake
from mouse.demo.value_iteration import optimal_values

GAMMA = 0.99


@dataclass(frozen=True)
class World:
    """An environment as tables over state, action and outcome."""

    chance: Tensor
    following: Tensor
    reward: Tensor
    terminated: Tensor
    start: Tensor
    """Probability of each state to begin an episode in."""
    q_star: Tensor
    """Optimal values of the scaled rewards, ``[state, action]``."""
    reward_scale: float
    """What brings the rewards to angles within a quarter turn, and values to some units."""


@cache
def world(name: str) -> World:
    """The demo's frozen lake, cliff walking or taxi, with their own tables."""
    scale = {"lake": 1.0, "cliff": 0.015, "taxi": 0.05}[name]
    environment: Any = (
        frozen_lake()[0] if name == "lake" else gymnasium.make({"cliff": "CliffWalking-v1", "taxi": "Taxi-v4"}[name])
    )
    return _tables(environment.unwrapped.P, torch.tensor(environment.unwrapped.initial_state_distrib), scale)


def _tables(table: TransitionTable, start: Tensor, scale: float) -> World:
    states, actions = len(table), len(table[0])
    most = max(len(outcomes) for by_action in table.values() for outcomes in by_action.values())
    tables = torch.zeros(4, states, actions, most, dtype=torch.float64)
    for state, by_action in table.items():
        for action, possible in by_action.items():
            for index, (probability, following, reward, terminated) in enumerate(possible):
                tables[:, state, action, index] = torch.tensor([probability, following, reward, terminated])
    scaled: TransitionTable = {
        state: {
            action: [(chance, int(following), reward * scale, end) for chance, following, reward, end in outcomes]
            for action, outcomes in by_action.items()
        }
        for state, by_action in table.items()
    }
    q_star = optimal_values(scaled, GAMMA)
    return World(tables[0], tables[1].long(), tables[2].float(), tables[3].bool(), start.double(), q_star, scale)


@dataclass(frozen=True)
class Walk:
    """How a batch is collected."""

    shape: tuple[int, int] = (32, 64)
    epsilon: float = 0.3
    """Share of random actions; the others are optimal."""
    limit: int | None = 40
    """Steps until an episode is truncated."""
    n_actions: int | None = None
    """Outputs of the heads; beyond those of the environment they are padding."""
    reset_rows: bool = False
    """Whether a row of its own shows the first observation of an episode, as in the demo."""


def walk(place: World, how: Walk, generator: Generator) -> TensorDict:
    """Act in as many copies of a world as there are sequences.

    Without reset rows, the row of an end shows the next episode's first observation, and has time 0.
    """
    rows, steps = how.shape
    state = torch.multinomial(place.start, rows, replacement=True, generator=generator)
    time = torch.zeros(rows, dtype=torch.int64)
    record = {"obs_discrete": [state], "action": [torch.zeros_like(state)], "reward": [torch.zeros(rows)]}
    record |= {"done": [torch.zeros_like(state)], "time": [time]}
    greedy = place.q_star.argmax(dim=-1)
    for _ in range(steps - 1):
        random = torch.randint(place.q_star.shape[1], (rows,), generator=generator)
        action = torch.where(torch.rand(rows, generator=generator) < how.epsilon, random, greedy[state])
        outcome = torch.multinomial(place.chance[state, action], 1, generator=generator).squeeze(-1)
        following = place.following[state, action, outcome]
        reward, done = place.reward[state, action, outcome], place.terminated[state, action, outcome].long()
        time = time + 1
        if how.limit is not None:
            done = torch.where((done == 0) & (time >= how.limit), 2, done)
        first = torch.multinomial(place.start, rows, replacement=True, generator=generator)
        fresh = record["done"][-1] != 0 if how.reset_rows else done != 0
        state, time = torch.where(fresh, first, following), torch.where(fresh, 0, time)
        if how.reset_rows:
            action, reward, done = (torch.where(fresh, 0, value) for value in (action, reward, done))
        for name, value in zip(record, (state, action, reward, done, time), strict=True):
            record[name].append(value)
    stream = {name: torch.stack(values, dim=1) for name, values in record.items()}
    missing = (how.n_actions or place.q_star.shape[1]) - place.q_star.shape[1]
    q_star = place.q_star[stream["obs_discrete"]].float()
    stream["q_star"] = torch.nn.functional.pad(q_star, (0, missing), value=-torch.inf)
    return TensorDict(cast("Mapping[str, Any]", stream), batch_size=list(how.shape))
