"""The demo's environment: a slippery frozen lake, small enough to compute its optimal values exactly."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, cast, runtime_checkable

Outcome = tuple[float, int, float, bool]
"""Probability, next state, reward, terminated."""
TransitionTable = Mapping[int, Mapping[int, Sequence[Outcome]]]
"""Every outcome of every action in every state, as Gymnasium's toy environments publish it in ``P``."""

TIME_LIMIT = 40
"""Steps until an episode is truncated: enough for a straight way to the goal, short enough to be hit often."""


@runtime_checkable
class Environment(Protocol):
    """The part of Gymnasium's interface that the demo uses, with discrete states and actions."""

    def reset(self, *, seed: int | None = None) -> tuple[int, dict[str, Any]]:
        """Start an episode: first observation and info."""
        ...

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take an action: observation, reward, terminated, truncated and info."""
        ...


def frozen_lake(size: Literal[4, 8] = 8) -> tuple[Environment, TransitionTable]:
    """Make FrozenLake-v1 (size x size states, 4 actions) with a time limit, and its exact transition table.

    Four moves of five go where they should, the others to a side. The goal gives 1, a hole -1, any other step -0.01.

    Raises:
        ModuleNotFoundError: gymnasium is not installed; it comes with the extra `dashboard`.
    """
    try:
        import gymnasium  # noqa: PLC0415  # only the demo needs it
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "gymnasium: found no such package, expected it for the demo; install it with"
            ' pip install "mouse-rl[dashboard]".'
        ) from error
    environment = gymnasium.make(
        "FrozenLake-v1",
        max_episode_steps=TIME_LIMIT,
        disable_env_checker=True,
        map_name=f"{size}x{size}",
        success_rate=0.8,
        reward_schedule=(1, -1, -0.01),
    )
    return cast("Environment", environment), cast("TransitionTable", cast("Any", environment.unwrapped).P)
