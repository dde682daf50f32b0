"""Rules over the student: the distribution that the policy head gives."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.evaluation import Part
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import finite
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped

UNIFORM = 1e-3
"""How far a probability may be from uniform, as a share of it, for a teacher that teaches nothing."""
JONES = ("https://andyljones.com/posts/rl-debugging.html",)


@rule(
    "student-saturated",
    "warning",
    needs=(finite("sp"),),
    thresholds=("student_low", "student_high", "student_agreement", "min_samples"),
    shows="The mean entropy of the student over ln(valid actions). A collapsed student that chooses an optimal action"
    " is right, and not reported; a uniform one is reported as info: every network starts so.",
    why="A saturated softmax has no gradient: a student that is wrong and sure hardly learns any more.",
    fix="Smaller learning rate or initial weights, label smoothing; for kl-bwd and ce-soft-bwd a forward divergence.",
    sources=JONES,
)
def student_saturated(case: Case) -> Iterator[RawFinding]:
    """The student has collapsed, or is still uniform.

    The policy gives one action everywhere almost all probability although it is not the best, or all actions the same.
    """
    limits, entropy = case.thresholds, case.student_entropy
    if entropy.numel() < max(1, limits.min_samples):
        return
    measured = float(entropy.double().mean())
    if measured > limits.student_high:
        message = (
            f"The student's mean entropy is {percent(measured)} of the largest: uniform"
            f" (threshold {percent(limits.student_high)})."
        )
        fix = "Nothing at the start of training; later, check the learning rate and that the loss has a gradient."
        yield RawFinding(
            message=message, measured=measured, threshold=limits.student_high, field="out.sp", fix=fix, severity="info"
        )
    elif measured < limits.student_low:
        wrong = torch.cat([_is_wrong(part) for part in case.parts("sp")])
        agreement = 1 - share(wrong[case.evaluation("sp").terms.counted])
        if agreement < limits.student_agreement:
            message = (
                f"The student's mean entropy is {percent(measured)} of the largest"
                f" (threshold {percent(limits.student_low)}), and its choice is optimal on only"
                f" {percent(agreement)} of the steps."
            )
            limit = limits.student_low
            yield RawFinding(message=message, measured=measured, threshold=limit, mask=wrong, field="out.sp", loss="sp")


def _is_wrong(part: Part) -> Tensor:
    """Where the action that the student likes best is not optimal."""
    chosen = part.terms.student.argmax(dim=-1, keepdim=True)
    return (part.inputs.q_star.gather(-1, chosen).squeeze(-1) < part.inputs.best) & part.terms.counted


@rule(
    "teacher-is-student",
    "warning",
    needs=(finite("sp"),),
    thresholds=("same_distribution",),
    shows="The largest difference of the probabilities of a soft teacher and the student; a gradient of exactly 0 where"
    " the student is not the best answer. A uniform teacher is left out: it teaches nothing either way.",
    why="The loss is at its minimum by construction, and says nothing of the policy.",
    fix="Check what feeds the policy head: not q_star itself, nor a softmax of it, nor a detached tensor.",
    sources=JONES,
)
def teacher_is_student(case: Case) -> Iterator[RawFinding]:
    """The student cannot move.

    The student is the teacher (its logits are made of `q_star`), or nothing of the loss reaches it.
    """
    found = case.evaluation("sp")
    limit = case.thresholds.same_distribution
    if found.cfg.loss_type != "ce" and not any(_teaches(part.terms) for part in case.parts("sp")):
        raise RuleSkipped("a teacher that is not uniform")
    measured = float(torch.stack([_difference(part.terms) for part in case.parts("sp")]).amax())
    if measured < limit:
        if found.cfg.loss_type != "ce":
            message = (
                f"The probabilities of teacher and student differ by {measured:.1e} at most (threshold {limit:g})."
            )
            yield RawFinding(message=message, measured=measured, threshold=limit, field="out.sp")
    elif case.gradient("sp").is_zero:
        message = f"The gradient is 0 in every entry, while student and teacher differ by up to {measured:.2g}."
        yield RawFinding(message=message, measured=0, threshold=0, field="out.sp")


def _difference(terms: Any) -> Tensor:
    """Largest difference of the probabilities that teacher and student give an action."""
    return torch.where(terms.valid, (terms.teacher - terms.student).abs(), 0).amax()


def _teaches(terms: Any) -> bool:
    uniform = 1 / terms.valid.sum(dim=-1, keepdim=True).clamp_min(1)
    away = torch.where(terms.valid, (terms.teacher / uniform - 1).abs(), 0)
    return float(away.amax()) > UNIFORM
