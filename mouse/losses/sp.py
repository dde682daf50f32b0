"""Supervised policy: the student's logits against a teacher distribution made of optimal values."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from pydantic.dataclasses import dataclass
from tensordict import TensorClass, TensorDictBase
from torch import Tensor

from mouse.losses.config import STRICT, Fraction, LossConfig, Positive
from mouse.losses.demand import Demand, optimal_values_usable, some_action_valid
from mouse.losses.fields import OUT, Heads, batch_shape, check_head, read
from mouse.losses.loss import Loss
from mouse.losses.optimal_values import read_q_star
from mouse.losses.preset import Preset, Reference
from mouse.losses.term import Term
from mouse.losses.training import train

PerStep = Float[Tensor, " batch step"]
PerAction = Float[Tensor, " batch step action"]
ValidAction = Bool[Tensor, " batch step action"]

Divergence = Literal["ce", "ce-soft-fwd", "ce-soft-bwd", "kl-fwd", "kl-bwd", "js"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SpLossConfig(LossConfig):
    """Everything that shapes the supervised policy loss."""

    loss_type: Annotated[
        Divergence,
        Field(
            description="Divergence between teacher P and student Q: ce (P one-hot), ce-soft-fwd -sum P log Q,"
            " ce-soft-bwd -sum Q log P, kl-fwd KL(P||Q), kl-bwd KL(Q||P), js Jensen-Shannon."
        ),
    ] = "ce"
    temperature: Annotated[
        Positive,
        Field(description="Divides q_star before the teacher's softmax; unused by ce. The student keeps its own."),
    ] = 1.0
    label_smoothing: Annotated[
        Fraction, Field(description="Share of the teacher that is spread evenly over the valid actions.")
    ] = 0.0


@dataclasses.dataclass(frozen=True)
class SpInputs:
    """What the batch says whatever the config is, one entry per step."""

    q_star: PerAction
    valid: ValidAction
    best: PerStep
    counted: Bool[Tensor, " batch step"]
    log_student: PerAction


class SpTerms(TensorClass["nocast"]):
    """Every intermediate of the supervised policy loss, one entry per step, in order of computation."""

    valid: Annotated[ValidAction, Term("q_star != -inf", "Whether the action exists in this state.", signed=False)]
    counted: Annotated[
        Bool[Tensor, " batch step"],
        Term("any(valid)", "Whether the step has a valid action and so enters the mean.", signed=False),
    ]
    log_teacher: Annotated[
        PerAction,
        Term(
            "log(softmax(q_star / temperature)), or one-hot at argmax(q_star) for ce; smoothed over the valid actions",
            "Log-probability that the teacher gives the action; hugely negative where it gives none.",
            where="valid",
            log_zero=True,
        ),
    ]
    teacher: Annotated[
        PerAction, Term("exp(log_teacher)", "Probability P that the teacher gives the action.", signed=False)
    ]
    log_student: Annotated[
        PerAction,
        Term(
            "log_softmax(sp) over the valid actions",
            "Log-probability that the student gives the action; hugely negative where the action is invalid.",
            where="valid",
            log_zero=True,
        ),
    ]
    student: Annotated[
        PerAction, Term("exp(log_student)", "Probability Q that the student gives the action.", signed=False)
    ]
    divergence: Annotated[
        PerAction,
        Term("loss_type of (teacher, student), per action", "What each action adds to the divergence; 0 if invalid."),
    ]
    loss: Annotated[
        PerStep,
        Term(
            "sum(divergence)", "What the step adds to the sum; the mean divides it by the steps counted.", signed=False
        ),
    ]


class Distributions(NamedTuple):
    """Teacher P and student Q with their logarithms: computed once, shared by all divergences."""

    teacher: PerAction
    log_teacher: PerAction
    student: PerAction
    log_student: PerAction


def sp_inputs(step_stream: TensorDictBase, sp: Tensor) -> SpInputs:
    """Stage 1: which actions are valid, and the student's log-probabilities over them.

    Shapes: ``step_stream`` [B, S] with ``q_star`` [B, S, A]; ``sp`` [B, S, A]; results [B, S, ...].

    Raises:
        MissingFieldError: q_star is absent.
        BatchError: a field has the wrong shape or type.
    """
    check_head(sp, "out.sp", batch_shape(step_stream), "A")
    q_star = read_q_star(step_stream, sp, "out.sp")
    valid = q_star != -torch.inf
    best = q_star.amax(dim=-1)
    return SpInputs(
        q_star=q_star,
        valid=valid,
        best=best,
        counted=best != -torch.inf,
        log_student=masked_log_softmax(sp, valid),
    )


def masked_log_softmax(logits: PerAction, valid: ValidAction) -> PerAction:
    """Log-softmax over the valid actions, in float32 or wider.

    Invalid actions are masked with a huge finite value before the logarithm: their probability is exactly 0, and 0
    times their finite logarithm is 0, in the loss and in its gradient, where -inf would give NaN. They are masked again
    after it, because a step without any valid action would spread probability over the invalid ones. A logit of -inf on
    a valid action, of a model that masks its own, counts as hugely negative for the same reason.
    """
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
    low = hugely_negative(wide.dtype)
    usable = valid & ~(wide < low)  # NaN is: its gradient must not vanish, as it would in a clamp
    return torch.where(valid, torch.where(usable, wide, low).log_softmax(dim=-1), low)


def hugely_negative(dtype: torch.dtype) -> float:
    """Finite, far below any logit, and with room to add two of them."""
    return torch.finfo(dtype).min / 4


def log_teacher_of(inputs: SpInputs, cfg: SpLossConfig) -> PerAction:
    """Log-probabilities of the teacher: tempered softmax of q_star, or one-hot for `ce`; then label smoothing."""
    like, low = inputs.log_student, hugely_negative(inputs.log_student.dtype)
    if cfg.loss_type == "ce":
        log_p = torch.full_like(like, low).scatter_(-1, inputs.q_star.argmax(dim=-1, keepdim=True), 0.0)
        log_p = log_p.masked_fill_(inputs.best.isnan().unsqueeze(-1), torch.nan)
    else:  # in the precision of q_star, where that is the wider one
        wide = torch.promote_types(inputs.q_star.dtype, like.dtype)
        best = inputs.best.to(wide).masked_fill(~inputs.counted, 0)
        below_best = inputs.q_star.to(wide) - best.unsqueeze(-1)
        log_p = below_best.div_(cfg.temperature).clamp_min_(low).log_softmax(dim=-1).to(like)
    if cfg.label_smoothing > 0:
        log_p = _smoothed(log_p, inputs.valid, cfg.label_smoothing)
    return log_p.masked_fill_(~inputs.valid, low)


def _smoothed(log_p: PerAction, valid: ValidAction, share: float) -> PerAction:
    """Logarithm of ``(1 - share) P + share / n_valid``."""
    uniform = math.log(share) - valid.sum(dim=-1, keepdim=True).clamp_min(1).to(log_p).log()
    if share == 1:
        return uniform.repeat(1, 1, log_p.shape[-1])
    return torch.logaddexp(log_p + math.log1p(-share), uniform)


def _exp_of_few(log_p: PerAction) -> PerAction:
    """Take exp only where there is a probability: it is slow where it underflows, nearly everywhere if one-hot."""
    zero = log_p < hugely_negative(log_p.dtype) / 2
    return torch.where(zero, 0, log_p).exp().masked_fill_(zero, 0)


def _jensen_shannon(d: Distributions) -> PerAction:
    log_middle = torch.logaddexp(d.log_teacher, d.log_student) - math.log(2)
    return 0.5 * (d.teacher * (d.log_teacher - log_middle) + d.student * (d.log_student - log_middle))


DIVERGENCES: Mapping[Divergence, Callable[[Distributions], Tensor]] = {
    "ce": lambda d: (d.teacher * d.log_student).neg_(),
    "ce-soft-fwd": lambda d: (d.teacher * d.log_student).neg_(),
    "ce-soft-bwd": lambda d: (d.student * d.log_teacher).neg_(),
    "kl-fwd": lambda d: d.teacher * (d.log_teacher - d.log_student),
    "kl-bwd": lambda d: d.student * (d.log_student - d.log_teacher),
    "js": _jensen_shannon,
}
"""Each divergence per action, from the shared probabilities; a step's divergence is the sum over actions."""


def sp_terms(inputs: SpInputs, cfg: SpLossConfig) -> SpTerms:
    """Stage 2: every intermediate under this config; formulas stand at `SpTerms`."""
    log_teacher = log_teacher_of(inputs, cfg)
    teacher = _exp_of_few(log_teacher) if cfg.loss_type == "ce" else log_teacher.exp()
    student = inputs.log_student.exp()
    divergence = DIVERGENCES[cfg.loss_type](Distributions(teacher, log_teacher, student, inputs.log_student))
    loss = divergence.sum(dim=-1).masked_fill(~inputs.counted, 0)
    return SpTerms(
        valid=inputs.valid,
        counted=inputs.counted,
        log_teacher=log_teacher,
        teacher=teacher,
        log_student=inputs.log_student,
        student=student,
        divergence=divergence,
        loss=loss,
        batch_size=inputs.counted.shape,
    )


def sp_demands(inputs: SpInputs) -> Sequence[Demand]:
    """q_star is finite or -inf, and some action is valid."""
    return optimal_values_usable(inputs.q_star), some_action_valid(inputs.q_star)


def sp_mean(terms: SpTerms) -> Float[Tensor, ""]:
    """Mean over the steps that have a valid action."""
    return terms.loss.sum() / terms.counted.sum()


def sp_metrics(terms: SpTerms) -> dict[str, Tensor]:
    """Return the loss."""
    return {"sp_loss": sp_mean(terms)}


def sp_loss(step_stream: TensorDictBase, sp: Tensor, cfg: SpLossConfig) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """Divergence of the student policy from a teacher distribution made of optimal action values.

    Formula: one of ``-sum P log Q``, ``-sum Q log P``, ``KL(P||Q)``, ``KL(Q||P)``, ``0.5 KL(P||M) + 0.5 KL(Q||M)`` with
    ``M = (P + Q) / 2``, averaged over the steps with a valid action; P from q_star, Q from the logits, in nats.

    Shapes: ``step_stream`` [B, S] with ``q_star`` [B, S, A], -inf for an invalid action; ``sp`` [B, S, A] logits.

    Returns:
        The scalar loss with gradient into ``sp``, and the metrics of `sp_metrics` as floats.

    Raises:
        MissingFieldError: (a KeyError) q_star is absent.
        BatchError: (a ValueError) a shape or type is wrong, q_star holds NaN or +inf, or no action is valid.

    References:
        Hinton et al., Distilling the knowledge in a neural network, 2015.
        Lin, Divergence measures based on the Shannon entropy, 1991.
        Szegedy et al., Rethinking the Inception architecture for computer vision, 2016 (label smoothing).
    """
    return train(SP, step_stream, {"sp": sp}, cfg)


def _inputs(step_stream: TensorDictBase, out: Heads) -> SpInputs:
    return sp_inputs(step_stream, read(out, "sp", OUT, "float [B, S, A], policy logits"))


SP = Loss(
    name="sp",
    title="Supervised policy",
    function=sp_loss,
    config=SpLossConfig,
    terms_type=SpTerms,
    step_fields=("q_star",),
    heads=("sp",),
    switches=lambda _cfg: {},
    inputs=_inputs,
    terms=sp_terms,
    demands=sp_demands,
    mean=sp_mean,
    metrics=lambda terms, _out: sp_metrics(terms),
    in_blocks=True,
    presets=(
        Preset(
            name="Label smoothing",
            doc="Cross-entropy against the best action, a tenth of which is spread over all valid ones.",
            fields={"loss_type": "ce", "label_smoothing": 0.1},
            reference=Reference("Szegedy et al.", "Rethinking the Inception architecture for computer vision", 2016),
        ),
    ),
)
