"""Batches that are right, those that look suspicious among them: nothing in them deserves a warning."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, cast

import torch
from tensordict import TensorDict
from torch import Generator, Tensor

from benchmarks.agents import N_ACTIONS, configs_of, outputs
from benchmarks.worlds import Walk, walk, world
from mouse.losses import HEADS
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig

WORLDS = ("lake", "cliff", "taxi")
UPDATES = 150


class Sample(NamedTuple):
    """What the doctor is given."""

    step_stream: TensorDict
    out: TensorDict
    configs: dict[str, LossConfig]

    def field(self, name: str) -> Tensor:
        """A tensor of the batch, or of the outputs."""
        return cast("Tensor", (self.out if name in HEADS else self.step_stream)[name])


def played(generator: Generator, how: Walk, updates: int = UPDATES, name: str | None = None) -> Sample:
    """A world, and an agent's outputs on it."""
    name = name or WORLDS[_any(3, generator)]
    step_stream = walk(world(name), how, generator)
    return Sample(step_stream, outputs(name, updates, step_stream), _varied(configs_of(name), generator))


def _any(count: int, generator: Generator) -> int:
    return int(torch.randint(count, (), generator=generator))


def _varied(configs: dict[str, LossConfig], generator: Generator) -> dict[str, LossConfig]:
    """Settings that are as right as others."""
    dqn, sp = configs["dqn"], configs["sp"]
    assert isinstance(dqn, DqnLossConfig)
    assert isinstance(sp, SpLossConfig)
    dqn = replace(dqn, gamma=(0.9, 0.97, 0.99)[_any(3, generator)], cql_weight=(0.0, 0.02)[_any(2, generator)])
    soft = ("ce-soft-fwd", "kl-fwd", "kl-bwd", "js")[_any(4, generator)]
    return configs | {"dqn": dqn, "sp": replace(sp, loss_type=soft, temperature=0.01)}


def _shape(generator: Generator) -> tuple[int, int]:
    return (4, 16, 48)[_any(3, generator)], (16, 64, 128)[_any(3, generator)]


def trained(generator: Generator) -> Sample:
    """A trained agent, mostly greedy."""
    return played(generator, Walk(_shape(generator), epsilon=0.2))


def untrained(generator: Generator) -> Sample:
    """A network before its first update: its target equals it, and its policy is uniform."""
    return played(generator, Walk(_shape(generator), epsilon=0.5), updates=0)


def random_policy(generator: Generator) -> Sample:
    """Actions without any sense."""
    return played(generator, Walk(_shape(generator), epsilon=1.0))


def no_limit(generator: Generator) -> Sample:
    """Every end is a terminal one, of episodes of all lengths."""
    return played(generator, Walk((16, 128), epsilon=0.5, limit=None), name="lake")


def one_step(generator: Generator) -> Sample:
    """A contextual bandit: every row ends an episode, and nothing is bootstrapped."""
    return bandit(generator, (16, 32))


def long_sequences(generator: Generator) -> Sample:
    """Hundreds of steps without an end."""
    sample = played(generator, Walk((4, 400), epsilon=1.0, limit=None), name="taxi")
    return sample if not bool((sample.field("done") != 0).any()) else long_sequences(generator)


def padded(generator: Generator) -> Sample:
    """Heads with more outputs than the environment has actions."""
    return played(generator, Walk(_shape(generator), n_actions=N_ACTIONS))


def single_sequence(generator: Generator) -> Sample:
    """B = 1."""
    return played(generator, Walk((1, 128)))


def two_steps(generator: Generator) -> Sample:
    """S = 2, as from a replay buffer of transitions."""
    return played(generator, Walk((64, 2)))


def random_heads(generator: Generator) -> Sample:
    """Outputs that have nothing to do with the batch."""
    sample = played(generator, Walk(_shape(generator)))
    out = {head: 0.5 * torch.randn(sample.field(head).shape, generator=generator) for head in sorted(HEADS)}
    for name in ("dqn", "vec_dqn"):
        out[f"{name}_target"] = out[name] + 0.05 * out[f"{name}_target"]
    return sample._replace(out=TensorDict(out, batch_size=sample.field("action").shape))


def bandit(generator: Generator, shape: tuple[int, int], actions: int = 4, contexts: int = 8) -> Sample:
    """Rewards that depend on context and action; q_star is their mean."""
    mean = torch.randn(contexts, actions, generator=generator) / 2
    context = torch.randint(contexts, shape, generator=generator)
    action = torch.randint(actions, shape, generator=generator)
    reward = 0.1 * torch.randn(shape, generator=generator)
    reward[:, 1:] += mean[context[:, :-1], action[:, 1:]]

    def near(*wanted: Tensor) -> Tensor:
        return torch.stack(wanted, -1) + 0.1 * torch.randn(*wanted[0].shape, len(wanted), generator=generator)

    q = mean[context]
    heads = {name: near(*q.unbind(-1)) for name in ("dqn", "dqn_target", "sv")}
    heads["sp"] = near(*(3 * q).unbind(-1))
    vectors = torch.randn(*q.shape, 2, generator=generator)
    heads |= {"vec_dqn": vectors, "vec_dqn_target": near(*vectors.flatten(2).unbind(-1)).view_as(vectors)}
    stream = {"obs_discrete": context, "action": action, "reward": reward, "done": torch.ones_like(action), "q_star": q}
    losses: dict[str, LossConfig] = {
        "dqn": DqnLossConfig(), "vec_dqn": VecDqnLossConfig(), "sp": SpLossConfig(), "sv": SvLossConfig()
    }  # fmt: skip
    return Sample(TensorDict(stream, batch_size=list(shape)), TensorDict(heads, batch_size=list(shape)), losses)


CLEAN: dict[str, Callable[[Generator], Sample]] = {
    make.__name__: make
    for make in (
        trained, untrained, random_policy, no_limit, one_step, long_sequences, padded, single_sequence, two_steps,
        random_heads,
    )
}  # fmt: skip
"""Every kind of right batch by its name."""
