"""Small Gymnasium worlds, played into a plain table of steps: what a recording of them holds, and so what is true."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, NamedTuple, cast

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mouse.demo.value_iteration import optimal_values

Array = NDArray[Any]
WORLDS = {"FrozenLake-v1": 15, "CliffWalking-v1": 30, "Taxi-v4": 25, "CartPole-v1": 40}
"""Steps until an episode of each is truncated."""
RANDOM = 0.4
"""Share of actions that are chosen at random; the others are good ones, so that episodes of every kind are played."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps as they were taken, environments in turn; one array [N] per column, observations [N] or [N, numbers]."""

    obs: Array
    action: Array
    reward: Array
    next_obs: Array
    terminated: Array
    truncated: Array
    episode: Array
    """Number of the episode; counts through all environments in the order in which episodes begin."""
    step: Array
    """Steps taken in the episode before this one."""
    env: Array
    """Number of the environment."""

    def __len__(self) -> int:
        return len(self.action)

    def __iter__(self) -> Iterator[Array]:
        return (getattr(self, field.name) for field in fields(self))

    @property
    def ended(self) -> Array:
        """Whether the episode ends with the step."""
        return self.terminated | self.truncated

    def sorted(self) -> "Steps":
        """Sort steps by episode, each in order of time."""
        return self.at(np.lexsort((self.step, self.episode)))

    def of(self, env: int) -> "Steps":
        """Steps of one environment."""
        return self.at(self.env == env)

    def at(self, rows: Array | slice) -> "Steps":
        """Steps of some rows, in that order."""
        return Steps(*(column[rows] for column in self))


@cache
def play(world: str, steps: int, *, environments: int = 1, seed: int = 0, in_turn: bool = True) -> Steps:
    """Take steps in one or several environments, `steps` in all; the same seed takes the same steps.

    Environments take turns, or a few steps each, as many as chance says.
    """
    envs: list[Any] = [gymnasium.make(world, max_episode_steps=WORLDS[world]) for _ in range(environments)]
    choose, rng = _policy(world, envs[0]), np.random.default_rng(seed)
    states: list[Any] = [env.reset(seed=seed + place)[0] for place, env in enumerate(envs)]
    episodes, counts = list(range(environments)), [0] * environments
    rows: list[tuple[Any, ...]] = []
    places = np.arange(steps) % environments
    if not in_turn:
        places = np.repeat(rng.integers(environments, size=steps), rng.integers(1, 12, size=steps))[:steps]
    for place in map(int, places):
        env, state = envs[place], states[place]
        action = int(rng.random() * int(env.action_space.n)) if rng.random() < RANDOM else choose(state)
        after, reward, terminated, truncated, _info = env.step(action)
        rows.append((state, action, reward, after, terminated, truncated, episodes[place], counts[place], place))
        if terminated or truncated:
            after, episodes[place], counts[place] = env.reset()[0], max(episodes) + 1, -1
        states[place], counts[place] = after, counts[place] + 1
    columns: list[Array] = [np.array([row[place] for row in rows]) for place in range(len(fields(Steps)))]
    return Steps(*columns)


def _policy(world: str, env: Any) -> Callable[[Any], int]:
    """What is best to do in a state; the pole is pushed too simply, so that it falls at times."""
    if world == "CartPole-v1":
        return _push
    table = {
        state: {
            action: [(float(p), int(after), float(reward), bool(end)) for p, after, reward, end in outcomes]
            for action, outcomes in actions.items()
        }
        for state, actions in env.unwrapped.P.items()
    }
    best = cast("list[int]", optimal_values(table, 0.99).argmax(dim=-1).tolist())
    return best.__getitem__


def _push(state: Array) -> int:
    return int(state[2] > 0)


class Agreement(NamedTuple):
    """What a batch holds of the steps that were taken."""

    pairs: int
    """Pairs of neighbouring rows."""
    wrong: tuple[tuple[int, int], ...]
    """Places of pairs that are no step that was taken, or one more often than it was taken."""
    ends: int
    """Pairs that end an episode."""


def agreement(batch: Any, steps: Steps, obs: str, *, either_end: bool = False) -> Agreement:
    """Look up every pair of rows of a batch: row t shows s, row t + 1 shows s' and holds action, reward and done.

    After an end, row t + 1 may show the first state of another episode instead. `either_end` is for files that do not
    tell how episodes end: terminal and truncated are one then.
    """
    state, action, reward = (cast("Tensor", batch[name]) for name in (obs, "action", "reward"))
    done = cast("Tensor", batch["done"]) if "done" in batch.keys() else torch.zeros_like(action)  # noqa: SIM118
    codes = np.where(steps.terminated, 1, np.where(steps.truncated, 2, 0))
    left = _counted(_keys(steps.obs, steps.action, steps.reward, codes, steps.next_obs, either=either_end))
    length = state.shape[1]
    columns = (state[:, :-1], action[:, 1:], reward[:, 1:], done[:, 1:], state[:, 1:])
    flat = [column.flatten(0, 1).double().numpy() for column in columns]
    wrong: list[tuple[int, int]] = []
    for place, key in enumerate(_keys(*flat, either=either_end)):
        left[key] = left.get(key, 0) - 1
        if left[key] < 0:
            wrong.append(divmod(place, length - 1))
    return Agreement(state.shape[0] * (length - 1), tuple(wrong), int((done[:, 1:] != 0).sum()))


def _counted(keys: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    counts: dict[tuple[Any, ...], int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return counts


def _keys(
    obs: Array, action: Array, reward: Array, done: Array, after: Array, *, either: bool
) -> list[tuple[Any, ...]]:
    """One key a step; what comes after an end is left out of it."""
    now, then = (np.asarray(value, np.float32).reshape(len(action), -1) for value in (obs, after))
    return [
        (*s.tolist(), int(a), round(float(r), 4), int(d != 0) if either else int(d), *(() if d else s2.tolist()))
        for s, a, r, d, s2 in zip(now, action, reward, done, then, strict=True)
    ]
