"""Bugs of the data, planted: rows, ends, masks and rewards; each from a right batch and a strength from 0 to 1."""

from dataclasses import replace
from typing import Any, cast

import torch
from tensordict import TensorDict
from torch import Tensor
from torch.nn.functional import one_hot, pad

from benchmarks.clean import Sample
from benchmarks.pole import pole
from benchmarks.soil import Soil, changed, some
from benchmarks.worlds import Walk


def _rows(sample: Sample, index: Tensor, of: Tensor) -> Sample:
    """The same batch with other rows in some of the sequences: row t is row index[b, t] of sequence of[b, t]."""
    stream, out = (
        TensorDict({name: value[of, index] for name, value in _tensors(source)}, batch_size=list(index.shape))
        for source in cast("list[Any]", [sample.step_stream, sample.out])
    )
    return sample._replace(step_stream=stream, out=out)


def _tensors(source: Any) -> list[tuple[str, Tensor]]:
    return cast("list[tuple[str, Tensor]]", list(source.items()))


def _identity(soil: Soil) -> tuple[Tensor, Tensor]:
    rows, steps = soil.shape
    return torch.arange(steps).repeat(rows, 1), torch.arange(rows).unsqueeze(1).repeat(1, steps)


def rows_never_written(soil: Soil, strength: float) -> Sample:
    """The last part of a share of the sequences, up to all of it, was never written."""
    sample = soil.grow()
    empty = torch.zeros(soil.shape, dtype=torch.bool)
    empty[: soil.rows(strength), soil.shape[1] // 4 :] = True
    fields: dict[str, Tensor] = {
        str(name): value * ~empty.view(*empty.shape, *[1] * (value.dim() - 2))
        if not value.is_floating_point()
        else torch.where(empty.view(*empty.shape, *[1] * (value.dim() - 2)), 0, value)
        for name, value in _tensors(cast("Any", sample.step_stream))
    }
    return changed(sample, None, **fields)


def padding(soil: Soil, strength: float) -> Sample:
    """A share of the sequences is filled up behind its first end with copies of that row."""
    sample = soil.grow(Walk(epsilon=0.5, limit=20))
    index, of = _identity(soil)
    end = (sample.field("done") != 0).long()
    first = torch.where(end.any(1), end.argmax(1), soil.shape[1])[: soil.rows(strength)].unsqueeze(1)
    index[: soil.rows(strength)] = torch.minimum(index[: soil.rows(strength)], first)
    return _rows(sample, index, of)


def rows_not_in_order(soil: Soil, strength: float) -> Sample:
    """The rows of a share of the sequences are shuffled."""
    index, of = _identity(soil)
    for row in range(soil.rows(strength)):
        index[row] = torch.randperm(soil.shape[1], generator=soil.generator())
    return _rows(soil.grow(), index, of)


def observation_frozen(soil: Soil, strength: float) -> Sample:
    """Every row of a share of the sequences holds the observation of its last row."""
    sample = replace(soil, name="taxi").grow()
    seen = sample.field("obs_discrete").clone()
    seen[: soil.rows(strength)] = seen[: soil.rows(strength), -1:]
    return changed(sample, obs_discrete=seen)


def q_star_contradicted(soil: Soil, strength: float) -> Sample:
    """Optimal values of a share of the sequences are those of another state; the world is one without chance."""
    sample = replace(soil, name="cliff" if soil.name == "lake" else soil.name).grow()
    q_star = sample.field("q_star").clone()
    rows = soil.rows(strength)
    q_star[:rows] = q_star[:rows].roll(7, 1)
    return changed(sample, q_star=q_star)


def same_sequence_repeated(soil: Soil, strength: float) -> Sample:
    """A share of the sequences is the first one again."""
    index, of = _identity(soil)
    of[1 : soil.rows(strength)] = 0
    return _rows(soil.grow(), index, of)


def legal_mask(soil: Soil, strength: float) -> Sample:
    """A mask of legal actions beside q_star, which is that of the next row in a share of the sequences."""
    sample = soil.grow()
    allowed = torch.rand((*soil.shape, soil.n_actions), generator=soil.generator()) < 0.5
    action, q_star = sample.field("action"), sample.field("q_star")
    allowed |= q_star == q_star.amax(dim=-1, keepdim=True)
    allowed[:, :-1] |= one_hot(action[:, 1:], soil.n_actions).bool()
    rows = soil.rows(strength)
    moved = torch.cat([allowed[:rows].roll(-1, 1), allowed[rows:]])
    return changed(sample, q_star=torch.where(moved, q_star, -torch.inf), action_mask=allowed)


def n_step_discount(soil: Soil, strength: float) -> Sample:
    """Rewards summed over 3 steps and ends told over 3 rows, with the discount of one step."""
    sample = replace(soil, shape=(soil.shape[0], 2 * soil.shape[1])).grow(Walk(epsilon=0.5, limit=None))
    if strength == 0:
        return sample
    reward, done = sample.field("reward") - 0.1, sample.field("done")
    gamma = 0.99
    total, ended = reward.clone(), done.clone()
    alive, ahead_done = torch.ones_like(reward), done
    for ahead in (1, 2):
        alive = alive * (ahead_done == 0)
        ahead_done = pad(done[:, ahead:], (0, ahead))
        total += gamma**ahead * alive * pad(reward[:, ahead:], (0, ahead))
        ended = torch.maximum(ended, torch.where(alive > 0, ahead_done, 0))
    total[:, 0] = 0  # nothing led there
    return changed(sample, {"dqn": {"gamma": gamma}}, reward=total, done=ended)


def end_inside_episode(soil: Soil, strength: float) -> Sample:
    """Ends in the middle of episodes, at a share of the steps."""
    sample = soil.grow()
    done = sample.field("done")
    stray = (sample.field("time") > 0) & some(soil, done.shape, strength / 10)
    return changed(sample, done=torch.where(stray & (done == 0), 1, done))


def ends_missing(soil: Soil, strength: float) -> Sample:
    """Poles fall, and a share of the ends is not stored; there is no counter."""
    sample = pole(soil.seed, soil.shape)
    done = sample.field("done")
    lost = changed(sample, done=torch.where(some(soil, done.shape, strength), 0, done))
    return lost._replace(step_stream=cast("TensorDict", lost.step_stream.exclude("time")))


def reward_not_a_function(soil: Soil, strength: float) -> Sample:
    """Rewards were divided by a running deviation, which falls by up to ten times while they are stored."""
    sample = soil.grow()
    steps = torch.linspace(0, 1, soil.shape[1]).expand(soil.shape)
    shifted = torch.where(torch.arange(soil.shape[1]) > 0, sample.field("reward") - 0.1, 0)
    return changed(sample, reward=shifted * 0.1 ** (strength * steps))


def student_is_distribution(soil: Soil, strength: float) -> Sample:
    """The head's output has gone through a softmax."""
    sample = soil.grow()
    sp = sample.field("sp")
    return changed(sample, sp=sp.softmax(dim=-1) if strength > 0 else sp)


def target_not_copied(soil: Soil, strength: float) -> Sample:
    """The target is mixed from the online head and another network."""
    sample = soil.grow()
    target, size = sample.field("dqn_target"), sample.field("dqn").square().mean().sqrt()
    other = -2 * size * (1 + torch.rand(target.shape, generator=soil.generator()))
    return changed(sample, dqn_target=torch.lerp(target, other, strength))
