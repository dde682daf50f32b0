"""Real transitions in the alignment of a batch: each row with what led to it.

Row t holds the observation at t with the action, reward and done that *produced* it. After a row with done = 1
(terminal) or 2 (truncated by the time limit) comes a reset row: the first observation of the next episode, with time 0,
reward 0, done 0, and `NO_ACTION` because no action led there.

A batch has no mask, so the losses also count the pair (last row, reset row). It is no transition of the environment:
it pulls the value of `NO_ACTION` in the last state towards gamma times the value of the first state. That is harmless
in a terminal state, from which nothing ever bootstraps while gamma_terminal = 0, and a small error where an episode was
truncated. Those pairs are the ones with ``time[t+1] == 0``.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import torch
from jaxtyping import Float
from tensordict import TensorDict
from torch import Tensor

from mouse.demo.environment import Environment
from mouse.losses.discount import TERMINAL, TRUNCATED

NO_ACTION = 0
"""What a reset row holds as its action: a placeholder that lies in the range of actions and means nothing."""


class Row(NamedTuple):
    """One step of a sequence; the field names are those of the batch."""

    obs_discrete: int
    action: int
    reward: float
    done: int
    time: int


def rollout(
    environment: Environment,
    q_star: Float[Tensor, "state action"],
    shape: tuple[int, int],
    n_actions: int,
    progress: Callable[[float], None] = lambda _share: None,
) -> TensorDict:
    """Act epsilon-greedily on the optimal values, with another epsilon in each row, so that good and bad actions occur.

    Each row begins with a reset and runs through as many episodes as it has room for. Randomness comes from torch's
    global generator and from the environment's own, which the caller seeds.

    Shapes: ``q_star`` [states, actions of the environment]; result [B, S] with `Row`'s fields and ``q_star``
    [B, S, n_actions], -inf for the actions that the environment does not have.
    """
    rows, steps = shape
    epsilon = torch.empty(rows, 1).uniform_(0.05, 0.8)
    explore = torch.rand(shape) < epsilon
    random_action = torch.randint(q_star.shape[-1], shape)
    policies = torch.where(explore, random_action, -1)  # -1: the greedy one
    greedy = cast("list[int]", q_star.argmax(dim=-1).tolist())
    sequences: list[list[Row]] = []
    for row, policy in enumerate(cast("list[list[int]]", policies.tolist())):
        sequences.append(_sequence(environment, greedy, policy))
        progress((row + 1) / rows)
    step_stream = TensorDict(
        {
            name: torch.tensor([[getattr(row, name) for row in sequence] for sequence in sequences])
            for name in Row._fields
        },
        batch_size=[rows, steps],
    )
    known = q_star[step_stream["obs_discrete"]].float()
    missing = n_actions - q_star.shape[-1]
    step_stream["q_star"] = torch.nn.functional.pad(known, (0, missing), value=-torch.inf)
    return step_stream


def _sequence(environment: Environment, greedy: Sequence[int], policy: Sequence[int]) -> list[Row]:
    """As many rows as the policy has steps; the policy's first action and those at resets are not used."""
    sequence = [_reset(environment)]
    for chosen in policy[1:]:
        last = sequence[-1]
        if last.done:
            sequence.append(_reset(environment))
        else:
            action = chosen if chosen >= 0 else greedy[last.obs_discrete]
            sequence.append(_step(environment, action, last.time + 1))
    return sequence


def _reset(environment: Environment) -> Row:
    observation, _info = environment.reset()
    return Row(observation, action=NO_ACTION, reward=0.0, done=0, time=0)


def _step(environment: Environment, action: int, time: int) -> Row:
    observation, reward, terminated, truncated, _info = environment.step(action)
    done = TERMINAL if terminated else TRUNCATED if truncated else 0
    return Row(observation, action, reward, done, time)
