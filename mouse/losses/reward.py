"""The reward pipeline of the temporal-difference losses: choose, normalise, scale, shift."""

from typing import Annotated, NamedTuple

import torch
from jaxtyping import Float
from pydantic import Field
from pydantic.dataclasses import dataclass
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.config import STRICT, Epsilon, LossConfig, Scale, Shift, Switch
from mouse.losses.fields import STEP_STREAM, names, read_floats
from mouse.losses.term import Term


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RewardConfig(LossConfig):
    """Which reward is used and how it is brought to scale."""

    reward_scale: Annotated[
        Scale, Field(description="Factor of the (normalised) reward; in vector DQN it sets radians per reward.")
    ] = 1.0
    reward_shift: Annotated[Shift, Field(description="Added to the reward after scaling.")] = 0.0
    normalize_reward_mean: Annotated[
        Switch, Field(description="Subtract from each reward the mean of its sequence over the S-1 transitions.")
    ] = False
    normalize_reward_std: Annotated[
        Switch,
        Field(description="Divide each reward by the standard deviation of its sequence (Bessel-corrected) plus eps."),
    ] = False
    normalize_reward_eps: Annotated[
        Epsilon, Field(description="Added to the standard deviation, so that a constant reward does not divide by 0.")
    ] = 1e-8
    use_xformed_reward: Annotated[Switch, Field(description="Use the field xformed_reward instead of reward.")] = False


RewardRaw = Annotated[
    Float[Tensor, " batch time"],
    Term("xformed_reward[t+1] if use_xformed_reward else reward[t+1]", "Reward of the transition, as stored."),
]
RewardNormalized = Annotated[
    Float[Tensor, " batch time"],
    Term(
        "(reward_raw - normalize_reward_mean * row_mean)"
        " / (row_std + normalize_reward_eps if normalize_reward_std else 1)",
        "Reward relative to its sequence, over which row_mean and row_std run; reward_raw when both switches are off.",
    ),
]
RewardScaled = Annotated[
    Float[Tensor, " batch time"],
    Term("reward_normalized * reward_scale + reward_shift", "Reward that the loss uses."),
]


class RewardTerms(NamedTuple):
    """The reward after each step of the pipeline."""

    reward_raw: RewardRaw
    reward_normalized: RewardNormalized
    reward: RewardScaled


def read_reward(step_stream: TensorDictBase) -> Float[Tensor, " batch time"]:
    """Reward of each transition: the one stored a row later, because a row holds the reward that produced it."""
    return read_floats(step_stream, "reward", "the reward that led to the row")[:, 1:]


def read_xformed_reward(step_stream: TensorDictBase, *, required: bool) -> Float[Tensor, " batch time"] | None:
    """Return the alternative reward of each transition, or None where the batch has none and none is required."""
    if not required and "xformed_reward" not in names(step_stream):
        return None
    return read_floats(step_stream, "xformed_reward", "the reward used with use_xformed_reward=True")[:, 1:]


def reward_terms(
    reward: Float[Tensor, " batch time"], xformed_reward: Float[Tensor, " batch time"] | None, cfg: RewardConfig
) -> RewardTerms:
    """Run the reward pipeline.

    Formula: ``((raw - row mean) / (row std + eps)) * reward_scale + reward_shift``; each half of the normalisation
    only where its switch is on, the mean first.

    Raises:
        BatchError: `normalize_reward_std` with a single transition per row, whose deviation does not exist.
    """
    raw = reward
    if cfg.use_xformed_reward:
        assert xformed_reward is not None, "read_xformed_reward raises where it is required"  # noqa: S101
        raw = xformed_reward
    if cfg.normalize_reward_std and raw.shape[1] < 2:
        raise _no_deviation("xformed_reward" if cfg.use_xformed_reward else "reward")
    normalized = _normalized(raw, cfg) if cfg.normalize_reward_mean or cfg.normalize_reward_std else raw
    unscaled = cfg.reward_scale == 1 and cfg.reward_shift == 0
    return RewardTerms(raw, normalized, normalized if unscaled else normalized * cfg.reward_scale + cfg.reward_shift)


def _normalized(raw: Float[Tensor, " batch time"], cfg: RewardConfig) -> Float[Tensor, " batch time"]:
    """Relative to the row, in float32 or wider: eps is zero in half precision."""
    wide = raw.to(torch.promote_types(raw.dtype, torch.float32))
    # Seen from its first reward a constant row deviates by exactly 0; a rounding error over eps would not be small.
    moved = wide - wide[:, :1]
    normalized = moved - moved.mean(dim=1, keepdim=True) if cfg.normalize_reward_mean else wide
    if cfg.normalize_reward_std:
        normalized = normalized / (moved.std(dim=1, keepdim=True) + cfg.normalize_reward_eps)
    return normalized.to(raw.dtype)


def _no_deviation(field: str) -> BatchError:
    return BatchError(
        f"{STEP_STREAM}.{field}",
        "1 transition per sequence",
        "at least 2 with normalize_reward_std (S >= 3)",
        "switch normalize_reward_std off or use longer sequences",
    )
