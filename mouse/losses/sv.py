"""Supervised value: the value head against optimal values."""

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from pydantic.dataclasses import dataclass
from tensordict import TensorClass, TensorDictBase
from torch import Tensor

from mouse.losses.config import STRICT, LossConfig
from mouse.losses.fields import OUT, Heads, batch_shape, check_head, read, read_q_star
from mouse.losses.lazy_terms import LazyTerms, stage_two
from mouse.losses.loss import Loss
from mouse.losses.term import Term
from mouse.losses.training import train
from mouse.losses.value_checks import ValueCheck, optimal_values_usable

PerStep = Float[Tensor, " batch step"]
PerAction = Float[Tensor, " batch step action"]
ValidAction = Bool[Tensor, " batch step action"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SvLossConfig(LossConfig):
    """Everything that shapes the supervised value loss."""

    loss_type: Annotated[Literal["mse", "mae"], Field(description="mse: squared residual; mae: absolute residual.")] = (
        "mse"
    )


@dataclasses.dataclass(frozen=True)
class SvInputs:
    """What the batch says whatever the config is, one entry per step and action."""

    q_star: PerAction
    valid: ValidAction
    residual: PerAction


class SvTerms(TensorClass["nocast"]):
    """Every intermediate of the supervised value loss, in order of computation."""

    valid: Annotated[ValidAction, Term("q_star != -inf", "Whether the entry enters the mean.", signed=False)]
    entries: Annotated[
        Int[Tensor, " batch step"], Term("sum(valid)", "Number of entries of the step in the mean.", signed=False)
    ]
    residual: Annotated[
        PerAction,
        Term("sv - q_star if valid else 0", "How far the prediction lies above the optimal value.", where="valid"),
    ]
    entry_loss: Annotated[
        PerAction,
        Term(
            "residual ** 2 if loss_type == 'mse' else abs(residual)", "Loss of one entry.", signed=False, where="valid"
        ),
    ]
    loss: Annotated[
        PerStep,
        Term("sum(entry_loss)", "What the step adds to the sum; the mean divides it by all entries.", signed=False),
    ]


def sv_inputs(step_stream: TensorDictBase, sv: Tensor) -> SvInputs:
    """Stage 1: which entries count, and how far the prediction is off.

    Masking is arithmetic, not boolean indexing: no host sync, and several times faster. Residuals are float32 or wider,
    because sums of squares soon leave the range of float16.

    Shapes: ``step_stream`` [B, S] with ``q_star`` [B, S, A]; ``sv`` [B, S, A]; results [B, S, A].

    Raises:
        MissingFieldError: q_star is absent.
        BatchError: a field has the wrong shape or type.
    """
    check_head(sv, "out.sv", batch_shape(step_stream), "A")
    q_star = read_q_star(step_stream, sv, "out.sv")
    valid = ~q_star.isneginf()
    wide = sv.to(torch.promote_types(sv.dtype, torch.float32))
    residual = (wide - q_star).masked_fill_(~valid, 0)
    return SvInputs(q_star=q_star, valid=valid, residual=residual)


@stage_two(SvTerms)
def sv_terms(inputs: SvInputs, cfg: SvLossConfig) -> LazyTerms:
    """Stage 2: every intermediate under this config; formulas stand at `SvTerms`."""
    entry_loss = inputs.residual.square() if cfg.loss_type == "mse" else inputs.residual.abs()
    return LazyTerms(
        valid=inputs.valid,
        entries=inputs.valid.sum(dim=-1),
        residual=inputs.residual,
        entry_loss=entry_loss,
        loss=entry_loss.sum(dim=-1),
    )


def sv_checks(inputs: SvInputs) -> Sequence[ValueCheck]:
    """q_star is finite or -inf, and some entry is finite."""
    return optimal_values_usable(inputs.q_star)


def sv_mean(terms: SvTerms | LazyTerms) -> Float[Tensor, ""]:
    """Mean over the entries where q_star is finite."""
    return terms.loss.sum() / terms.entries.sum()


def sv_loss(step_stream: TensorDictBase, sv: Tensor, cfg: SvLossConfig) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """Squared or absolute difference between the value head and the optimal values, where those are finite.

    Formula: ``mean((sv - q_star)^2)`` or ``mean(|sv - q_star|)`` over the finite entries of q_star.

    Shapes: ``step_stream`` [B, S] with ``q_star`` [B, S, A], -inf for an invalid action; ``sv`` [B, S, A].

    Returns:
        The scalar loss with gradient into ``sv``, and the metric ``sv_loss`` as a float.

    Raises:
        MissingFieldError: (a KeyError) q_star is absent.
        BatchError: (a ValueError) a shape or type is wrong, q_star holds NaN or +inf, or no entry is finite.

    References:
        Sutton and Barto, Reinforcement learning: an introduction, 2nd edition, 2018, chapter 9 (value error).
    """
    return train(SV, step_stream, {"sv": sv}, cfg)


def _inputs(step_stream: TensorDictBase, out: Heads) -> SvInputs:
    return sv_inputs(step_stream, read(out, "sv", OUT, "float [B, S, A], the value head"))


SV = Loss(
    name="sv",
    title="Supervised value",
    function=sv_loss,
    config=SvLossConfig,
    terms_type=SvTerms,
    step_fields=("q_star",),
    heads=("sv",),
    stage_options=lambda _cfg: {},
    inputs=_inputs,
    terms=sv_terms,
    checks=sv_checks,
    mean=sv_mean,
    in_blocks=True,
    divisor="entries",
)
