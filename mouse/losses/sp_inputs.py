"""What the policy loss reads of a batch: the valid actions, and the student's log-probabilities over them."""

import dataclasses

import torch
from jaxtyping import Bool, Float, Int
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import batch_shape, check_head, read_q_star
from mouse.losses.softmax import log_softmax

PerStep = Float[Tensor, " batch step"]
PerAction = Float[Tensor, " batch step action"]
ValidAction = Bool[Tensor, " batch step action"]


@dataclasses.dataclass(frozen=True)
class SpInputs:
    """What the batch says whatever the config is, one entry per step."""

    q_star: PerAction
    valid: ValidAction
    best: PerStep
    best_action: Int[Tensor, " batch step"] | None
    counted: Bool[Tensor, " batch step"]
    log_student: PerAction


def sp_inputs(step_stream: TensorDictBase, sp: Tensor, *, one_hot: bool = False) -> SpInputs:
    """Stage 1: which actions are valid, and the student's log-probabilities over them.

    The best action is looked for only where `one_hot` asks for it.

    Shapes: ``step_stream`` [B, S] with ``q_star`` [B, S, A]; ``sp`` [B, S, A]; results [B, S, ...].

    Raises:
        MissingFieldError: q_star is absent.
        BatchError: a field has the wrong shape or type.
    """
    check_head(sp, "out.sp", batch_shape(step_stream), "A")
    q_star = read_q_star(step_stream, sp, "out.sp")
    valid = ~q_star.isneginf()
    best, best_action = q_star.max(dim=-1) if one_hot else (q_star.amax(dim=-1), None)
    return SpInputs(
        q_star=q_star,
        valid=valid,
        best=best,
        best_action=best_action,
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
    unusable = (wide < low).logical_or_(~valid)  # NaN is usable: its gradient must not vanish, as it would in a clamp
    return torch.where(valid, log_softmax(torch.where(unusable, low, wide)), low)


def hugely_negative(dtype: torch.dtype) -> float:
    """Finite, far below any logit, and with room to add two of them."""
    return torch.finfo(dtype).min / 4


def best_action_of(inputs: SpInputs) -> Int[Tensor, " batch step 1"]:
    """Index of the largest optimal value; the first one on ties."""
    best = inputs.q_star.argmax(dim=-1) if inputs.best_action is None else inputs.best_action
    return best.unsqueeze(-1)
