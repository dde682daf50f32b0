"""Supervised policy: the student's logits against a teacher distribution made of optimal values."""

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
from mouse.losses.fields import OUT, Heads, read
from mouse.losses.lazy_terms import LazyTerms, stage_two
from mouse.losses.loss import Loss
from mouse.losses.preset import Preset, Reference
from mouse.losses.sp_inputs import PerAction, PerStep, SpInputs, ValidAction, best_action_of, hugely_negative, sp_inputs
from mouse.losses.term import Term
from mouse.losses.training import train
from mouse.losses.value_checks import ValueCheck, optimal_values_usable

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


class Teacher(NamedTuple):
    """The teacher's distribution."""

    log_p: PerAction
    p: PerAction


def teacher_distribution(inputs: SpInputs, cfg: SpLossConfig) -> Teacher:
    """The teacher's distribution: tempered softmax of q_star, or one-hot for `ce`; then label smoothing."""
    teacher = _one_hot(inputs) if cfg.loss_type == "ce" else _tempered(inputs, cfg.temperature)
    if cfg.label_smoothing == 0:
        return teacher
    log_p = _smoothed(teacher.log_p, inputs.valid, cfg.label_smoothing)
    log_p.masked_fill_(~inputs.valid, hugely_negative(log_p.dtype))
    return Teacher(log_p, log_p.exp())


def _one_hot(inputs: SpInputs) -> Teacher:
    like, best = inputs.log_student, best_action_of(inputs)
    low = hugely_negative(like.dtype)
    known = torch.where(inputs.best.isnan(), torch.nan, inputs.counted.to(like.dtype)).unsqueeze(-1)
    log_p = torch.full_like(like, low).scatter_(-1, best, torch.where(known == 0, low, known.log()))
    return Teacher(log_p, torch.zeros_like(like).scatter_(-1, best, known))


def _tempered(inputs: SpInputs, temperature: float) -> Teacher:
    """Softmax in the precision of q_star, where that is the wider one; exponentials are taken once."""
    like = inputs.log_student.dtype
    wide, low = torch.promote_types(inputs.q_star.dtype, like), hugely_negative(like)
    best = inputs.best.to(wide).masked_fill(~inputs.counted, 0)
    log_p = (inputs.q_star.to(wide) - best.unsqueeze(-1)).div_(temperature).clamp_min_(low)
    p = log_p.clamp_min(_underflow(wide)).exp_()  # 0 as exp of what is below would be, which takes three times longer
    total = p.sum(dim=-1, keepdim=True).clamp_min_(torch.finfo(wide).tiny)  # from 1 on; 0 where no action is valid
    return Teacher(log_p.sub_(total.log()).to(like), p.div_(total).to(like))


def _underflow(dtype: torch.dtype) -> float:
    """The exponential of this is 0, but not by far."""
    info = torch.finfo(dtype)
    return math.log(info.tiny) + math.log(info.eps) - 1


def _smoothed(log_p: PerAction, valid: ValidAction, share: float) -> PerAction:
    """Logarithm of ``(1 - share) P + share / n_valid``."""
    uniform = math.log(share) - valid.sum(dim=-1, keepdim=True).clamp_min(1).to(log_p).log()
    if share == 1:
        return uniform.repeat(1, 1, log_p.shape[-1])
    return torch.logaddexp(log_p + math.log1p(-share), uniform)


def _jensen_shannon(d: LazyTerms) -> PerAction:
    teacher, student = d.teacher, d.student  # first, as where all terms are read: gradients are added up in this order
    log_middle = torch.logaddexp(d.log_teacher, d.log_student) - math.log(2)
    return 0.5 * (teacher * (d.log_teacher - log_middle) + student * (d.log_student - log_middle))


DIVERGENCES: Mapping[Divergence, Callable[[LazyTerms], Tensor]] = {
    "ce": lambda d: (d.teacher * d.log_student).neg_(),
    "ce-soft-fwd": lambda d: (d.teacher * d.log_student).neg_(),
    "ce-soft-bwd": lambda d: (d.student * d.log_teacher).neg_(),
    "kl-fwd": lambda d: d.teacher * (d.log_teacher - d.log_student),
    "kl-bwd": lambda d: d.student * (d.log_student - d.log_teacher),
    "js": _jensen_shannon,
}
"""Each divergence per action, from the probabilities that it reads; a step's divergence is the sum over actions."""


def _one_hot_cross_entropy(inputs: SpInputs) -> PerStep:
    """The sum over actions of `ce` without smoothing, all of whose other summands are 0."""
    loss = -inputs.log_student.gather(-1, best_action_of(inputs)).squeeze(-1)
    return torch.where(inputs.best.isnan(), torch.nan, loss)


@stage_two(SpTerms)
def sp_terms(inputs: SpInputs, cfg: SpLossConfig) -> LazyTerms:
    """Stage 2: every intermediate under this config; formulas stand at `SpTerms`."""
    one_hot = cfg.loss_type == "ce" and cfg.label_smoothing == 0
    teacher = LazyTerms(distribution=lambda _: teacher_distribution(inputs, cfg))
    return LazyTerms(
        valid=inputs.valid,
        counted=inputs.counted,
        log_teacher=lambda _: teacher.distribution.log_p,
        teacher=lambda _: teacher.distribution.p,
        log_student=inputs.log_student,
        student=lambda terms: terms.log_student.exp(),
        divergence=DIVERGENCES[cfg.loss_type],
        loss=lambda terms: torch.where(
            inputs.counted, _one_hot_cross_entropy(inputs) if one_hot else terms.divergence.sum(dim=-1), 0
        ),
    )


def sp_checks(inputs: SpInputs) -> Sequence[ValueCheck]:
    """q_star is finite or -inf, and some action is valid."""
    return optimal_values_usable(inputs.q_star)


def sp_mean(terms: SpTerms | LazyTerms) -> Float[Tensor, ""]:
    """Mean over the steps that have a valid action."""
    return terms.loss.sum() / terms.counted.sum()


def sp_loss(step_stream: TensorDictBase, sp: Tensor, cfg: SpLossConfig) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """Divergence of the student policy from a teacher distribution made of optimal action values.

    Formula: one of ``-sum P log Q``, ``-sum Q log P``, ``KL(P||Q)``, ``KL(Q||P)``, ``0.5 KL(P||M) + 0.5 KL(Q||M)`` with
    ``M = (P + Q) / 2``, averaged over the steps with a valid action; P from q_star, Q from the logits, in nats.

    Shapes: ``step_stream`` [B, S] with ``q_star`` [B, S, A], -inf for an invalid action; ``sp`` [B, S, A] logits.

    Returns:
        The scalar loss with gradient into ``sp``, and the metric ``sp_loss`` as a float.

    Raises:
        MissingFieldError: (a KeyError) q_star is absent.
        BatchError: (a ValueError) a shape or type is wrong, q_star holds NaN or +inf, or no action is valid.

    References:
        Hinton et al., Distilling the knowledge in a neural network, 2015.
        Lin, Divergence measures based on the Shannon entropy, 1991.
        Szegedy et al., Rethinking the Inception architecture for computer vision, 2016 (label smoothing).
    """
    return train(SP, step_stream, {"sp": sp}, cfg)


def _inputs(step_stream: TensorDictBase, out: Heads, *, one_hot: bool = False) -> SpInputs:
    return sp_inputs(step_stream, read(out, "sp", OUT, "float [B, S, A], policy logits"), one_hot=one_hot)


SP = Loss(
    name="sp",
    title="Supervised policy",
    function=sp_loss,
    config=SpLossConfig,
    terms_type=SpTerms,
    step_fields=("q_star",),
    heads=("sp",),
    stage_options=lambda cfg: {"one_hot": cfg.loss_type == "ce"},
    inputs=_inputs,
    terms=sp_terms,
    checks=sp_checks,
    mean=sp_mean,
    in_blocks=True,
    divisor="counted",
    presets=(
        Preset(
            name="Label smoothing",
            doc="Cross-entropy against the best action, a tenth of which is spread over all valid ones.",
            fields={"loss_type": "ce", "label_smoothing": 0.1},
            reference=Reference("Szegedy et al.", "Rethinking the Inception architecture for computer vision", 2016),
        ),
    ),
)
