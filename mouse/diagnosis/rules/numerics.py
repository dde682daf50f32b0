"""Rules over the arithmetic: gradients that are no number, and types that hold too few digits."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import any_loss, finite, loss
from mouse.diagnosis.numbers import first_of, percent, share
from mouse.diagnosis.rule import rule
from mouse.wording import counted

HALF = (torch.float16, torch.bfloat16)


@rule(
    "gradient-not-finite",
    "error",
    needs=(any_loss(finite),),
    shows="NaN and infinity in the gradient of each finite loss with respect to its head. Of a function of one's own,"
    " the first operation on the way back from the loss that makes such a gradient of a finite one.",
    why="The curve looks healthy until the optimiser has stepped; then every weight is NaN.",
    fix="Find the entry named: clamp what overflows, mask with large finite values before a logarithm.",
    sources=(
        "https://github.com/google-deepmind/optax/issues/1762",
        "https://github.com/tensorflow/tensorflow/issues/11756",
    ),
)
def gradient_not_finite(case: Case) -> Iterator[RawFinding]:
    """Finite loss, non-finite gradient.

    The loss is a number and its gradient is not: a masked softmax, 0 times infinity, a length that overflows.
    """
    for found in case.running(*case.losses):
        if not bool(found.mean.isfinite()):
            continue
        bad = case.gradient(found.name).not_finite
        if bad is not None:
            count = int(bad.sum())
            head = found.loss.heads[0]
            message = (
                f"The gradient of {found.name} with respect to {head} is not finite in"
                f" {count:,} of {bad.numel():,} entries, the first at {first_of(bad)}, expected 0;"
                f" the loss is {float(found.mean):.3g}."
            )
            yield RawFinding(message=message, measured=count, threshold=0, mask=bad, field=f"out.{head}")


@rule(
    "low-precision",
    "warning",
    needs=(loss("dqn"),),
    thresholds=("lost_reward_share",),
    shows="The share of non-zero rewards smaller than half a unit in the last place of the q_taken they add to;"
    " squared errors that are infinite while the error is not.",
    why="bfloat16 has 8 significant bits: next to a value of 100 a reward below 0.25 does not exist.",
    fix="Compute the Q heads in float32, whatever the layers before them use.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def low_precision(case: Case) -> Iterator[RawFinding]:
    """Half precision loses the reward.

    Outputs in bfloat16 or float16 cannot tell Q from Q + reward, or their squared error overflows.
    """
    terms, limit = case.evaluation("dqn").terms, case.thresholds.lost_reward_share
    if terms.q.dtype not in HALF:
        return
    paid = terms.reward != 0
    lost = paid & (terms.reward.double().abs() < _last_place(terms.q_taken) / 2)
    measured = share(lost[paid])
    if measured > limit:
        message = (
            f"{percent(measured)} of the rewards are less than half a unit in the last place of q_taken in"
            f" {terms.q.dtype} (threshold {percent(limit)})."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=lost, field="out.dqn", loss="dqn")
    overflow = terms.td_loss.isinf() & terms.td_error.isfinite()
    if bool(overflow.any()):
        message = (
            f"{counted(int(overflow.sum()), 'squared error')} beyond {terms.td_loss.dtype}, expected none:"
            f" |td_error| reaches {float(terms.td_error[overflow].abs().amax()):.3g}."
        )
        measured = int(overflow.sum())
        yield RawFinding(
            message=message, measured=measured, threshold=0, mask=overflow, field="out.dqn", severity="error"
        )


def _last_place(values: Tensor) -> Tensor:
    """Distance from zero to the next larger number of the type."""
    size = values.abs()
    return torch.nextafter(size, torch.full_like(size, torch.inf)).double() - size.double()
