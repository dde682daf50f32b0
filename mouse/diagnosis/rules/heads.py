"""Rules over heads that are not what their name says."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.evaluation import rows_of_parts
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import at_least, condition, field, in_order
from mouse.diagnosis.rule import rule

HEADS = ("dqn", "vec_dqn")
VALUES = 2**17
"""How many vectors or values are compared."""
ALIKE = 0.5
"""Distance of the heads, relative to the size of the values, that is small where a batch holds few states."""


@rule(
    "student-is-distribution",
    "warning",
    needs=(
        field("sp"),
        at_least("min_samples", "rows of `sp`", lambda case: case.field("sp")[..., 0].numel()),
        condition("two actions", lambda case: case.field("sp").shape[2] > 1),
    ),
    thresholds=("distribution_sum", "min_samples"),
    shows="Whether `sp` is nowhere negative and every row of it sums to 1.",
    why="A softmax of probabilities is almost uniform: the best it can give one of four actions is 0.48.",
    fix="Give the head's output before its softmax; log_softmax is fine as well.",
    explains=("student-saturated",),
    sources=(
        "https://github.com/suragnair/alpha-zero-general/issues/45",
        "https://github.com/microsoft/ProDA/issues/43",
    ),
)
def student_is_distribution(case: Case) -> Iterator[RawFinding]:
    """The policy head gives probabilities, not logits.

    A softmax is applied twice: once by the head, once by the loss.
    """
    sp, limit = case.field("sp").detach(), case.thresholds.distribution_sum
    off = torch.stack([(sp[rows].double().sum(dim=-1) - 1).abs().amax() for rows in rows_of_parts(sp)])
    measured = float(off.amax())
    if bool(sp.amin() >= 0) and measured < limit:
        message = (
            f"sp is nowhere negative, and each of its {sp[..., 0].numel():,} rows sums to 1, off by {measured:.1e} at"
            f" most (threshold {limit:g}): these are probabilities, and the loss expects logits."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, field="out.sp")


@rule(
    "target-not-copied",
    "warning",
    needs=(
        in_order,
        condition("a head and its target of one shape", lambda case: any(_is_pair(case, name) for name in HEADS)),
        at_least("min_samples", "values of a head and its target", lambda case: max(_values(case, n) for n in HEADS)),
    ),
    thresholds=("target_distance", "target_spread", "min_samples"),
    shows="Root mean square difference of `dqn` and `dqn_target`, or of the vector heads, over the standard deviation"
    " of the online head. It is information where the target hardly varies: a copy of an untrained head does not.",
    why="Values are bootstrapped from a network that nobody trains.",
    fix="Copy the online head's weights into the target once at the start, and follow them with polyak_update.",
    explains=("q-overestimation", "padded-q-finite"),
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def target_not_copied(case: Case) -> Iterator[RawFinding]:
    """The target head was never copied from the online head.

    The two lie further apart than the values of the online head do.
    """
    for name in HEADS:
        if _values(case, name) < max(2, case.thresholds.min_samples):
            continue
        online, target = (_compared(case.field(each)) for each in (name, f"{name}_target"))
        both = online.isfinite() & target.isfinite()
        if int(both.sum()) < max(2, case.thresholds.min_samples):
            continue
        spread, other = float(online[both].std()), float(target[both].std())
        apart = float((online - target)[both].square().mean().sqrt())
        measured, limit = apart / spread if spread else 0.0, case.thresholds.target_distance
        if measured > limit and apart > ALIKE * float(online[both].square().mean().sqrt()):
            message = (
                f"{name}_target lies {measured:.3g} standard deviations of {name} away from it (threshold {limit:g})."
            )
            copied = other < case.thresholds.target_spread * spread
            yield RawFinding(
                message=message,
                measured=measured,
                threshold=limit,
                field=f"out.{name}_target",
                severity="info" if copied else None,
            )


def _compared(values: Tensor) -> Tensor:
    """Values of a sample of the rows as they are, vectors by their direction: no loss reads their length."""
    every = max(1, -(-values[..., 0].numel() // VALUES))
    wide = values[::every].detach().double()
    return torch.nn.functional.normalize(wide, dim=-1) if wide.dim() > 3 else wide


def _values(case: Case, name: str) -> int:
    """How many values of a head and its target can be compared."""
    return case.field(name).numel() if _is_pair(case, name) else 0


def _is_pair(case: Case, name: str) -> bool:
    online, target = case.optional(name), case.optional(f"{name}_target")
    return online is not None and target is not None and online.shape == target.shape
