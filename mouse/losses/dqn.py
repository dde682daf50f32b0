"""DQN with a target head, reward pipeline and CQL penalty."""

from collections.abc import Sequence
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from pydantic.dataclasses import dataclass
from tensordict import TensorClass, TensorDictBase
from torch import Tensor

from mouse.losses.config import STRICT, TargetHeadConfig, Weight
from mouse.losses.discount import DiscountConfig, GammaN, discounts
from mouse.losses.dqn_inputs import DqnInputs, dqn_inputs
from mouse.losses.dqn_presets import DQN_PRESETS
from mouse.losses.importance import (
    FACTOR,
    ImportanceWeight,
    weighted,
    weights_not_negative,
)
from mouse.losses.lazy_terms import LazyTerms, stage_two
from mouse.losses.loss import Loss
from mouse.losses.reward import (
    RewardConfig,
    RewardNormalized,
    RewardRaw,
    RewardScaled,
    reward_terms,
)
from mouse.losses.term import Term
from mouse.losses.training import train
from mouse.losses.value_checks import ValueCheck, actions_in_range, discounts_in_range, done_codes_known

PerTransition = Float[Tensor, " batch time"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DqnLossConfig(RewardConfig, TargetHeadConfig, DiscountConfig):
    """Everything that shapes the DQN loss."""

    cql_weight: Annotated[
        Weight,
        Field(description="Factor of the conservative (CQL) penalty; 0 switches it off and does not compute it."),
    ] = 0.0
    cql_scale_q_eps: Annotated[
        Weight, Field(description="Added to |td_target| in the scale of the CQL penalty; above 0 it never vanishes.")
    ] = 1.0


class DqnTerms(TensorClass["nocast"]):
    """Every intermediate of the DQN loss, one entry per transition, in order of computation."""

    action: Annotated[Int[Tensor, " batch time"], Term("action[t+1]", "Action taken at step t.", signed=False)]
    terminal: Annotated[
        Bool[Tensor, " batch time"],
        Term("done[t+1] == 1", "Whether the transition ends in a terminal state.", signed=False),
    ]
    truncated: Annotated[
        Bool[Tensor, " batch time"], Term("done[t+1] == 2", "Whether a time limit cut the episode here.", signed=False)
    ]
    reward_raw: RewardRaw
    reward_normalized: RewardNormalized
    reward: RewardScaled
    gamma_n: GammaN
    discount: Annotated[
        PerTransition,
        Term(
            "(gamma if gamma_n is None else gamma_n) * (1 - terminal - truncated)"
            " + gamma_terminal * terminal + gamma_truncated * truncated",
            "Factor of the next state's value.",
            signed=False,
        ),
    ]
    q: Annotated[Float[Tensor, " batch time action"], Term("dqn[t]", "Online value of each action in state t.")]
    q_taken: Annotated[PerTransition, Term("q[action]", "Online value of the action taken.")]
    q_next: Annotated[
        Float[Tensor, " batch time action"], Term("dqn_target[t+1]", "Target head's value of each action in state t+1.")
    ]
    q_next_max: Annotated[PerTransition, Term("max(q_next)", "Target head's value of the best next action.")]
    bootstrap: Annotated[
        PerTransition,
        Term("discount * q_next_max if discount != 0 else 0", "Discounted value of the next state."),
    ]
    td_target: Annotated[
        PerTransition, Term("reward + bootstrap", "What q_taken is pulled towards; receives no gradient.")
    ]
    td_error: Annotated[PerTransition, Term("td_target - q_taken", "How far the target lies above the online value.")]
    importance_weight: ImportanceWeight
    td_loss: Annotated[
        PerTransition, Term(f"{FACTOR} * td_error ** 2", "Squared temporal-difference error.", signed=False)
    ]
    cql_penalty: Annotated[
        PerTransition | None,
        Term("logsumexp(q) - q_taken", "How far the taken action's value lies below the soft maximum.", signed=False),
    ]
    cql_scale: Annotated[
        PerTransition | None,
        Term(
            "abs(td_target) + cql_scale_q_eps",
            "Brings the penalty to the scale of the targets; receives no gradient.",
            signed=False,
        ),
    ]
    cql_loss: Annotated[
        PerTransition | None,
        Term(f"{FACTOR} * cql_weight * cql_scale * cql_penalty", "The CQL part of the loss.", signed=False),
    ]
    loss: Annotated[
        PerTransition,
        Term(
            "td_loss + cql_loss if cql_weight > 0 else td_loss", "What the transition adds to the mean.", signed=False
        ),
    ]


def dqn_stage_options(cfg: DqnLossConfig) -> dict[str, bool]:
    """Which optional parts stage 1 computes under this config."""
    return {"cql": cfg.cql_weight > 0, "xformed": cfg.use_xformed_reward}


@stage_two(DqnTerms)
def dqn_terms(inputs: DqnInputs, cfg: DqnLossConfig) -> LazyTerms:
    """Stage 2: every intermediate under this config; formulas stand at `DqnTerms`.

    Raises:
        BatchError: `normalize_reward_std` with a single transition per row.
    """
    rewards = reward_terms(inputs.reward, inputs.xformed_reward, cfg)
    dtype = torch.promote_types(rewards.reward.dtype, inputs.q_next_max.dtype)
    discount = discounts(inputs.running.to(dtype), inputs.terminal, inputs.truncated, cfg, inputs.gamma_n)
    bootstrap = torch.where(discount.bool(), discount * inputs.q_next_max, 0)  # bool() is ten times as fast as == 0
    td_target = (rewards.reward + bootstrap).detach()
    td_error = td_target - inputs.q_taken
    td_loss = weighted(td_error.square(), inputs.importance_weight)
    cql_penalty = cql_scale = cql_loss = None
    loss = td_loss
    if cfg.cql_weight > 0:
        assert inputs.q_logsumexp is not None, "stage 1 computes it where cql_weight > 0"  # noqa: S101
        cql_penalty = inputs.q_logsumexp - inputs.q_taken
        cql_scale = td_target.abs() + cfg.cql_scale_q_eps
        cql_loss = weighted(cfg.cql_weight * cql_scale * cql_penalty, inputs.importance_weight)
        loss = td_loss + cql_loss
    return LazyTerms(
        action=inputs.action,
        terminal=inputs.terminal,
        truncated=inputs.truncated,
        reward_raw=rewards.reward_raw,
        reward_normalized=rewards.reward_normalized,
        reward=rewards.reward,
        gamma_n=inputs.gamma_n,
        discount=discount,
        q=inputs.q,
        q_taken=inputs.q_taken,
        q_next=inputs.q_next,
        q_next_max=inputs.q_next_max,
        bootstrap=bootstrap,
        td_target=td_target,
        td_error=td_error,
        importance_weight=inputs.importance_weight,
        td_loss=td_loss,
        cql_penalty=cql_penalty,
        cql_scale=cql_scale,
        cql_loss=cql_loss,
        loss=loss,
    )


def dqn_checks(inputs: DqnInputs) -> Sequence[ValueCheck]:
    """Every action read is one of the head's, every done code is known, discounts and weights are in their range."""
    return (
        actions_in_range(inputs.action, inputs.q.shape[-1]),
        done_codes_known(inputs.done),
        *discounts_in_range(inputs.gamma_n),
        *weights_not_negative(inputs.importance_weight),
    )


def dqn_mean(terms: DqnTerms | LazyTerms) -> Float[Tensor, ""]:
    """Mean over all B (S-1) transitions."""
    return terms.loss.mean()


def dqn_metrics(terms: DqnTerms | LazyTerms) -> dict[str, Tensor]:
    """Mean, standard deviation (Bessel-corrected), minimum and maximum of q_taken, mean td_target, mean penalty."""
    q = terms.q_taken.detach()
    low, high = q.aminmax()
    metrics = {
        "q_values_mean": q.mean(),
        "q_values_std": q.std() if q.numel() > 1 else q.new_tensor(torch.nan),
        "q_values_min": low,
        "q_values_max": high,
        "q_values_target": terms.td_target.mean(),
    }
    if terms.cql_penalty is not None:
        metrics["cql_penalty"] = terms.cql_penalty.mean()
    return metrics


def dqn_loss(
    step_stream: TensorDictBase, out: TensorDictBase, cfg: DqnLossConfig
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """Squared TD error of the taken action against the target head's best next action, plus a CQL penalty.

    Formula: ``mean((reward + discount * max_a Q_target(s', a) - Q(s, a))^2 + cql_weight * cql_scale * cql_penalty)``.

    Every pair of consecutive rows counts, the pair of an episode's last row and the next one's first row too, and so
    does every output of the head: q_star is not read, so an action that it marks invalid can win the maximum.

    Where the batch has them, ``gamma_n`` [B, S] takes the place of ``cfg.gamma`` (an n-step transition's gamma ** n),
    and ``importance_weight`` [B, S] is a factor of all that its transition adds; both stand where the reward stands.
    Neither receives a gradient.

    Shapes: ``step_stream``, ``out`` [B, S] with S >= 2; ``out["dqn"]``, ``out["dqn_target"]`` [B, S, A].

    Returns:
        The scalar loss with gradient into ``out["dqn"]`` only; as floats, ``dqn_loss`` and the metrics of
        `dqn_metrics`.

    Raises:
        MissingFieldError: (a KeyError) a field is absent.
        BatchError: (a ValueError) a shape, a type, an action or a done code is wrong, or S < 2.

    References:
        Mnih et al., Human-level control through deep reinforcement learning, 2015.
        Kumar et al., Conservative Q-learning for offline reinforcement learning, 2020; the scale of the penalty,
        ``|td_target| + cql_scale_q_eps``, is MOUSE's own.
    """
    return train(DQN, step_stream, out, cfg)


DQN = Loss(
    name="dqn",
    title="DQN",
    function=dqn_loss,
    config=DqnLossConfig,
    terms_type=DqnTerms,
    step_fields=("action", "reward", "done"),
    heads=("dqn", "dqn_target"),
    stage_options=dqn_stage_options,
    inputs=dqn_inputs,
    terms=dqn_terms,
    checks=dqn_checks,
    mean=dqn_mean,
    other_metrics=lambda terms, _out: dqn_metrics(terms),
    in_blocks=True,
    presets=DQN_PRESETS,
)
