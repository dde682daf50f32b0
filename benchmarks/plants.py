"""Bugs, planted: each takes a right batch and a strength from 0 (nothing) to 1 (blatant), and gives the broken one."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import torch
from tensordict import TensorDict
from torch import Tensor
from torch.nn.functional import one_hot, pad

from benchmarks import data_plants
from benchmarks.clean import Sample
from benchmarks.soil import Soil, changed, some
from benchmarks.worlds import Walk
from mouse.diagnosis.episodes import Episodes

Plant = Callable[[Soil, float], Sample]


def shape_mismatch(soil: Soil, strength: float) -> Sample:
    """The reward is ``[B, S, 1]``."""
    sample = soil.grow()
    reward = sample.field("reward")
    return changed(sample, reward=reward.unsqueeze(-1) if strength > 0 else reward)


def input_not_finite(soil: Soil, strength: float) -> Sample:
    """NaN in a share of the values."""
    sample = soil.grow()
    sv = sample.field("sv")
    return changed(sample, sv=torch.where(some(soil, sv.shape, strength), torch.nan, sv))


def action_out_of_range(soil: Soil, strength: float) -> Sample:
    """A share of the actions is A."""
    sample = soil.grow()
    action = sample.field("action")
    return changed(sample, action=torch.where(some(soil, action.shape, strength), soil.n_actions, action))


def invalid_action_taken(soil: Soil, strength: float) -> Sample:
    """A share of the actions taken is marked invalid in q_star, as by a mask of another step."""
    sample = soil.grow()
    action, q_star = sample.field("action"), sample.field("q_star").clone()
    hit = some(soil, action[:, 1:].shape, strength)
    taken = one_hot(action[:, 1:], q_star.shape[2]).bool() & hit.unsqueeze(-1)
    q_star[:, :-1][taken] = -torch.inf
    return changed(sample, q_star=q_star)


def padded_q_finite(soil: Soil, strength: float) -> Sample:
    """Padding beyond the environment's actions, whose values float up."""
    sample = replace(soil, how=replace(soil.how, n_actions=soil.n_actions + 2)).grow()
    floating = some(soil, sample.field("action").shape, strength).unsqueeze(-1)
    up = torch.where(floating, 3.0, -3.0) * pad(torch.zeros(soil.n_actions), (0, 2), value=1.0)
    return changed(sample, dqn=sample.field("dqn") + up, dqn_target=sample.field("dqn_target") + up)


def done_unknown_code(soil: Soil, strength: float) -> Sample:
    """A share of the codes is 3."""
    sample = soil.grow()
    done = sample.field("done")
    return changed(sample, done=torch.where(some(soil, done.shape, strength), 3, done))


def done_merged(soil: Soil, strength: float) -> Sample:
    """Truncations stored as deaths; the limit cuts up to 80 % of the episodes."""
    large = replace(soil, shape=(soil.shape[0], 8 * soil.shape[1]))
    unlimited = large.grow(Walk(limit=None))
    lengths = Episodes(unlimited.field("done"), unlimited.field("time"), None).lengths.double()
    sample = large.grow(Walk(limit=int(lengths.quantile(1 - 0.8 * strength))))
    return changed(sample, done=sample.field("done").clamp_max(1))


def episode_too_short(soil: Soil, strength: float) -> Sample:
    """A share of the ends is stored twice."""
    sample = replace(soil, shape=(soil.shape[0], 4 * soil.shape[1])).grow()
    done = sample.field("done").clone()
    again = (done[:, :-1] != 0) & (done[:, 1:] == 0) & some(soil, done[:, 1:].shape, strength)
    done[:, 1:] = torch.where(again, done[:, :-1], done[:, 1:])
    return changed(sample, done=done)


def alignment_off_by_one(soil: Soil, strength: float) -> Sample:
    """Action, reward and done stand with the state they leave, in a share of the sequences."""
    sample = soil.grow()
    rows = soil.rows(strength)
    early: dict[str, Tensor] = {}
    for name in ("action", "reward", "done"):
        value = sample.field(name).clone()
        value[:rows, :-1] = value[:rows, 1:].clone()
        early[name] = value
    return changed(sample, None, **early)


def reset_pair(soil: Soil, strength: float) -> Sample:
    """Reset rows, in a share of the sequences."""
    sample, other = soil.grow(), soil.grow(replace(soil.how, reset_rows=True))
    rows = soil.rows(strength)
    stream = torch.cat([other.step_stream[:rows], sample.step_stream[rows:]])
    return sample._replace(step_stream=stream)


def sequence_straddle(soil: Soil, strength: float) -> Sample:
    """The second half of a share of the sequences was recorded 1000 steps later."""
    sample = soil.grow()
    rows, half = soil.rows(strength), soil.shape[1] // 2
    stream = cast("TensorDict", sample.step_stream.clone())
    stream["time"][:rows, half:] = sample.field("time")[:rows, half:] + 1000
    return sample._replace(step_stream=stream)


def truncation_bootstrap(soil: Soil, strength: float) -> Sample:
    """Truncated rows show the reset, and a discount bootstraps from them."""
    sample = soil.grow(Walk(epsilon=0.5, limit=10))
    return changed(sample, {"dqn": {"gamma_truncated": 0.99 * strength}})


def reward_all_zero(soil: Soil, strength: float) -> Sample:
    """A share of the rewards is lost."""
    sample = soil.grow()
    reward = sample.field("reward")
    return changed(sample, reward=torch.where(some(soil, reward.shape, strength), 0, reward))


def reward_constant_normalized(soil: Soil, strength: float) -> Sample:
    """A share of the sequences has a reward of 1 throughout, as in cart pole, and is normalised."""
    sample = soil.grow()
    reward = sample.field("reward") + torch.randn(soil.shape, generator=soil.generator())
    reward[: soil.rows(strength)] = 1
    return changed(sample, {"dqn": {"normalize_reward_std": True}}, reward=reward)


def reward_single_normalized(soil: Soil, strength: float) -> Sample:
    """Transitions one by one, normalised."""
    sample = replace(soil, shape=(soil.shape[0], 2)).grow()
    return changed(sample, {"dqn": {"normalize_reward_std": strength > 0}})


def reward_sign_flip(soil: Soil, strength: float) -> Sample:
    """Every step is paid around 1, and a share of the mean is taken off."""
    sample = soil.grow()
    reward = 1 + 0.3 * torch.randn(soil.shape, generator=soil.generator()).clamp(-3, 3)
    return changed(sample, {"dqn": {"reward_shift": -strength}}, reward=reward)


def target_scale(soil: Soil, strength: float) -> Sample:
    """Rewards in cents: up to 1000 times as large."""
    sample = soil.grow()
    return changed(sample, reward=sample.field("reward") * 1000**strength)


def q_overestimation(soil: Soil, strength: float) -> Sample:
    """Values run away, up to 300 times too large."""
    sample = soil.grow()
    factor = 300**strength
    return changed(sample, dqn=sample.field("dqn") * factor, dqn_target=sample.field("dqn_target") * factor)


def discount_unbounded(soil: Soil, strength: float) -> Sample:
    """A positive discount into terminal states."""
    return changed(soil.grow(), {"dqn": {"gamma_terminal": strength}})


def target_equals_online(soil: Soil, strength: float) -> Sample:
    """The target of a share of the sequences is the online head's output."""
    sample = soil.grow()
    target = sample.field("dqn_target").clone()
    rows = soil.rows(strength)
    target[:rows] = sample.field("dqn")[:rows]
    return changed(sample, dqn_target=target)


def cql_dominates(soil: Soil, strength: float) -> Sample:
    """A penalty with a weight of up to 10."""
    return changed(soil.grow(), {"dqn": {"cql_weight": 10 * strength}})


def temperature_extreme(soil: Soil, strength: float) -> Sample:
    """A temperature up to a million times too high."""
    return changed(soil.grow(), {"sp": {"loss_type": "kl-fwd", "temperature": 0.02 * 1e6**strength}})


def temperature_ignored(soil: Soil, strength: float) -> Sample:
    """A temperature that cross entropy does not read."""
    return changed(soil.grow(), {"sp": {"loss_type": "ce", "temperature": 1 + strength}})


def q_star_ties(soil: Soil, strength: float) -> Sample:
    """A share of the steps has a second best action that is as good."""
    sample = soil.grow()
    q_star = sample.field("q_star")
    best = q_star.amax(dim=-1, keepdim=True)
    second = q_star == q_star.topk(2, dim=-1).values[..., 1:]
    return changed(sample, q_star=torch.where(second & some(soil, best.shape, strength), best, q_star))


def student_saturated(soil: Soil, strength: float) -> Sample:
    """One action has all probability, on a share of the steps."""
    sample = soil.grow()
    push = (
        50.0
        * some(soil, sample.field("action").shape, strength).unsqueeze(-1)
        * one_hot(torch.tensor(0), soil.n_actions)
    )
    return changed(sample, sp=sample.field("sp") + push)


def teacher_is_student(soil: Soil, strength: float) -> Sample:
    """The student's logits are mixed from those of the teacher."""
    sample = soil.grow()
    logits = torch.lerp(sample.field("sp"), sample.field("q_star") / 0.1, strength)
    return changed(sample, {"sp": {"loss_type": "kl-fwd", "temperature": 0.1}}, sp=logits)


def theta_wraps(soil: Soil, strength: float) -> Sample:
    """A reward scale up to 1000 times too high."""
    return changed(soil.grow(), {"vec_dqn": {"reward_scale": soil.world.reward_scale * 1000**strength}})


def vector_degenerate(soil: Soil, strength: float) -> Sample:
    """A share of the steps has no vectors."""
    sample = soil.grow()
    dead = some(soil, sample.field("action").shape, strength)[..., None, None]
    return changed(sample, vec_dqn=torch.where(dead, 0, sample.field("vec_dqn")))


def vector_dim(soil: Soil, strength: float) -> Sample:
    """Three components."""
    sample = soil.grow()
    size = 3 if strength > 0 else 2
    return changed(sample, None, **{name: sample.field(name)[..., :size] for name in ("vec_dqn", "vec_dqn_target")})


def vector_ignores_done(soil: Soil, strength: float) -> Sample:
    """Ends, every few steps."""
    return soil.grow(Walk(epsilon=0.5, limit=10 if strength > 0 else None))


def gradient_not_finite(soil: Soil, strength: float) -> Sample:
    """Half precision and vectors as short as 3e-7: the gradient, 1 / length, overflows."""
    sample = replace(soil, shape=(1, 4)).grow()
    scales = {"vec_dqn": 3e-7**strength, "vec_dqn_target": 1.0}
    return changed(sample, None, **{name: (sample.field(name) * scale).half() for name, scale in scales.items()})


def low_precision(soil: Soil, strength: float) -> Sample:
    """Values of up to 1000 times the smallest reward, in bfloat16."""
    sample = soil.grow()
    reward = sample.field("reward").abs() * soil.world.reward_scale
    up = 1000 * strength * reward[reward > 0].min()
    heads = {name: (sample.field(name) + up).bfloat16() for name in ("dqn", "dqn_target")}
    return changed(sample, None, q_star=sample.field("q_star") + up, **heads)


def value_statistics(soil: Soil, strength: float) -> Sample:
    """Any batch."""
    del strength
    return soil.grow()


PLANTS: dict[str, Plant] = {
    plant.__name__.replace("_", "-"): plant
    for plant in (
        shape_mismatch, input_not_finite, action_out_of_range, invalid_action_taken, padded_q_finite,
        done_unknown_code, done_merged, episode_too_short, alignment_off_by_one, reset_pair, sequence_straddle,
        truncation_bootstrap, reward_all_zero, reward_constant_normalized, reward_single_normalized, reward_sign_flip,
        target_scale, q_overestimation, discount_unbounded, target_equals_online, cql_dominates, temperature_extreme,
        temperature_ignored, q_star_ties, student_saturated, teacher_is_student, theta_wraps, vector_degenerate,
        vector_dim, vector_ignores_done, gradient_not_finite, low_precision, value_statistics,
        data_plants.rows_never_written, data_plants.padding, data_plants.rows_not_in_order,
        data_plants.same_sequence_repeated, data_plants.legal_mask, data_plants.n_step_discount,
        data_plants.end_inside_episode, data_plants.ends_missing, data_plants.reward_not_a_function,
        data_plants.student_is_distribution, data_plants.target_not_copied, data_plants.observation_frozen,
        data_plants.q_star_contradicted,
    )
}  # fmt: skip
"""A plant for every rule, by its id."""
