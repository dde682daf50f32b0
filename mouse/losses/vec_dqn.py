"""Vector DQN: each action is a vector, and the reward is the angle by which the target vector turns."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic.dataclasses import dataclass
from tensordict import TensorClass, TensorDictBase
from torch import Tensor

from mouse.geometry import check_even, cosine_similarity, rope_rotate, vec_dqn_scores
from mouse.losses.config import STRICT, TargetHeadConfig
from mouse.losses.fields import OUT, Heads, batch_shape, check_head, check_same_shape, read, read_integers
from mouse.losses.importance import (
    FACTOR,
    ImportanceWeight,
    read_importance_weight,
    weighted,
    weights_not_negative,
)
from mouse.losses.lazy_terms import LazyTerms, stage_two
from mouse.losses.loss import Loss
from mouse.losses.reward import (
    RewardConfig,
    RewardNormalized,
    RewardRaw,
    read_reward,
    read_xformed_reward,
    reward_terms,
)
from mouse.losses.taken_action import take_action
from mouse.losses.term import Term
from mouse.losses.training import train
from mouse.losses.value_checks import ValueCheck, actions_in_range

PerTransition = Float[Tensor, " batch time"]
Vector = Float[Tensor, " batch time dim"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class VecDqnLossConfig(RewardConfig, TargetHeadConfig):
    """Everything that shapes the vector DQN loss. It has no discount: an episode's end is not read."""


@dataclasses.dataclass(frozen=True)
class VecDqnInputs:
    """What the batch says whatever the config is, one entry per transition."""

    action: Int[Tensor, " batch time"]
    reward: PerTransition
    xformed_reward: PerTransition | None
    importance_weight: PerTransition | None
    vectors: Float[Tensor, " batch time action dim"]
    v_taken: Vector
    scores: Float[Tensor, " batch time action"]
    greedy_action: Int[Tensor, " batch time"]
    v_greedy: Vector


class VecDqnTerms(TensorClass["nocast"]):
    """Every intermediate of the vector DQN loss, one entry per transition, in order of computation."""

    action: Annotated[Int[Tensor, " batch time"], Term("action[t+1]", "Action taken at step t.", signed=False)]
    reward_raw: RewardRaw
    reward_normalized: RewardNormalized
    v_taken: Annotated[Vector, Term("vec_dqn[t, action]", "Online vector of the action taken.")]
    scores: Annotated[
        Float[Tensor, " batch time action"],
        Term("vec_dqn_scores(vec_dqn_target[t+1])", "Angle in radians by which each next action leads the others."),
    ]
    greedy_action: Annotated[
        Int[Tensor, " batch time"],
        Term("argmax(scores)", "Next action that leads the others; the first one on ties.", signed=False),
    ]
    v_greedy: Annotated[
        Vector, Term("vec_dqn_target[t+1, greedy_action]", "Target head's vector of the greedy next action.")
    ]
    theta: Annotated[
        PerTransition,
        Term("reward_normalized * reward_scale + reward_shift", "Angle in radians by which the reward turns v_greedy."),
    ]
    v_rotated: Annotated[
        Vector, Term("rope_rotate(v_greedy, theta)", "What v_taken is pulled towards; receives no gradient.")
    ]
    cosine: Annotated[
        PerTransition,
        Term("cosine_similarity(v_taken, v_rotated)", "Cosine of the angle that remains, from -1 to 1."),
    ]
    importance_weight: ImportanceWeight
    loss: Annotated[
        PerTransition,
        Term(
            f"{FACTOR} * (1 - cosine)", "What the transition adds to the mean, 0 to 2 times its weight.", signed=False
        ),
    ]


def vec_dqn_inputs(
    step_stream: TensorDictBase, vec_dqn: Tensor, vec_dqn_target: Tensor, *, xformed: bool = False
) -> VecDqnInputs:
    """Stage 1: aligned transitions, the vector of the action taken and the greedy one of the target head.

    Shapes: ``step_stream`` [B, S]; ``vec_dqn``, ``vec_dqn_target`` [B, S, A, D] with D even; results [B, S-1, ...].

    Raises:
        MissingFieldError: a field is absent.
        BatchError: a field has the wrong shape or type, D is odd, or S < 2.
    """
    batch = batch_shape(step_stream, min_steps=2)
    action = read_integers(step_stream, "action", "the action that led to the row")[:, 1:]
    check_head(vec_dqn, "out.vec_dqn", batch, "A, D")
    check_head(vec_dqn_target, "out.vec_dqn_target", batch, "A, D")
    check_same_shape(vec_dqn_target, "out.vec_dqn_target", vec_dqn, "out.vec_dqn")
    check_even(vec_dqn.shape[-1], "out.vec_dqn")
    vectors, vectors_next = vec_dqn[:, :-1], vec_dqn_target[:, 1:].detach()
    scores = vec_dqn_scores(vectors_next)
    greedy_action = scores.argmax(dim=-1)
    undecided = scores.gather(-1, greedy_action.unsqueeze(-1)).isnan()  # argmax points at a NaN where there is one
    return VecDqnInputs(
        action=action,
        reward=read_reward(step_stream),
        xformed_reward=read_xformed_reward(step_stream, required=xformed),
        importance_weight=read_importance_weight(step_stream),
        vectors=vectors,
        v_taken=take_action(vec_dqn, action),
        scores=scores,
        greedy_action=greedy_action,
        v_greedy=take_action(vectors_next, greedy_action).masked_fill(undecided, torch.nan),
    )


def vec_dqn_stage_options(cfg: VecDqnLossConfig) -> dict[str, bool]:
    """Which optional parts stage 1 computes under this config."""
    return {"xformed": cfg.use_xformed_reward}


@stage_two(VecDqnTerms)
def vec_dqn_terms(inputs: VecDqnInputs, cfg: VecDqnLossConfig) -> LazyTerms:
    """Stage 2: every intermediate under this config; formulas stand at `VecDqnTerms`.

    Raises:
        BatchError: `normalize_reward_std` with a single transition per row.
    """
    rewards = reward_terms(inputs.reward, inputs.xformed_reward, cfg)
    v_rotated = rope_rotate(inputs.v_greedy, rewards.reward).detach()
    cosine = cosine_similarity(inputs.v_taken, v_rotated)
    return LazyTerms(
        action=inputs.action,
        reward_raw=rewards.reward_raw,
        reward_normalized=rewards.reward_normalized,
        v_taken=inputs.v_taken,
        scores=inputs.scores,
        greedy_action=inputs.greedy_action,
        v_greedy=inputs.v_greedy,
        theta=rewards.reward,
        v_rotated=v_rotated,
        cosine=cosine,
        importance_weight=inputs.importance_weight,
        loss=weighted(1 - cosine, inputs.importance_weight),
    )


def vec_dqn_checks(inputs: VecDqnInputs) -> Sequence[ValueCheck]:
    """Every action read is one of the head's, and no weight is negative."""
    return (
        actions_in_range(inputs.action, inputs.vectors.shape[-2]),
        *weights_not_negative(inputs.importance_weight),
    )


def vec_dqn_mean(terms: VecDqnTerms | LazyTerms) -> Float[Tensor, ""]:
    """Mean over all B (S-1) transitions."""
    return terms.loss.mean()


def vec_dqn_metrics(vec_dqn: Tensor | None) -> dict[str, Tensor]:
    """How far actions lie apart: online scores of each sequence's last step as shares of pi."""
    if vec_dqn is None:
        return {}
    last = vec_dqn_scores(vec_dqn[:, -1].detach()).abs() / math.pi
    low, high = last.aminmax()
    return {
        "vec_dqn_score_abs_min": low,
        "vec_dqn_score_abs_max": high,
        "vec_dqn_score_abs_mean": last.mean(),
    }


def vec_dqn_loss(
    step_stream: TensorDictBase, vec_dqn: Tensor, vec_dqn_target: Tensor, cfg: VecDqnLossConfig
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """1 - cosine between the taken action's vector and the target head's greedy vector turned by the reward.

    Formula: ``mean(1 - cos(v_taken, rope_rotate(v_greedy, theta)))`` with ``theta`` = reward in radians.
    No done code is read, so it turns across the end of an episode too; nor is q_star: an action that q_star marks
    invalid can be the greedy one. ``importance_weight`` [B, S], where the batch has it, is a factor of its transition;
    it receives no gradient.

    Shapes: ``step_stream`` [B, S] with S >= 2; ``vec_dqn``, ``vec_dqn_target`` [B, S, A, D] with D even.

    Returns:
        The scalar loss with gradient into ``vec_dqn`` only; as floats, ``vec_dqn_loss`` and the metrics of
        `vec_dqn_metrics`.

    Raises:
        MissingFieldError: (a KeyError) a field is absent.
        BatchError: (a ValueError) a shape, a type or an action is wrong, D is odd, or S < 2.

    References:
        Su et al., RoFormer: enhanced transformer with rotary position embedding, 2021 (the rotation).
        van Hasselt et al., Deep reinforcement learning with double Q-learning, 2016 (the target head).
    """
    return train(VEC_DQN, step_stream, {"vec_dqn": vec_dqn, "vec_dqn_target": vec_dqn_target}, cfg)


def _inputs(step_stream: TensorDictBase, out: Heads, *, xformed: bool) -> VecDqnInputs:
    meaning = "float [B, S, A, D], one vector per action"
    online, target = read(out, "vec_dqn", OUT, meaning), read(out, "vec_dqn_target", OUT, meaning)
    return vec_dqn_inputs(step_stream, online, target, xformed=xformed)


VEC_DQN = Loss(
    name="vec_dqn",
    title="Vector DQN",
    function=vec_dqn_loss,
    config=VecDqnLossConfig,
    terms_type=VecDqnTerms,
    step_fields=("action", "reward"),
    heads=("vec_dqn", "vec_dqn_target"),
    stage_options=vec_dqn_stage_options,
    inputs=_inputs,
    terms=vec_dqn_terms,
    checks=vec_dqn_checks,
    mean=vec_dqn_mean,
    other_metrics=lambda _terms, out: vec_dqn_metrics(None if out is None else out["vec_dqn"]),
    in_blocks=True,
    head_dims=("action", "dim"),
)
