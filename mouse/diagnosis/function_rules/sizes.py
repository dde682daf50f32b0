"""Rules over the sizes of gradients: those that vanish, and those that drown others."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import expression, line
from mouse.diagnosis.function_case import FINITE, FunctionCase
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.summands import Summand, summands_of
from mouse.tracing.recorder import VIEWS, Value

SAME_FACTOR = 1.01


@rule(
    "scale-mismatch",
    "warning",
    needs=(FINITE,),
    thresholds=("gradient_ratio",),
    shows="The length of the gradient that each summand of the loss sends to all outputs together. It is information"
    " where the longer one belongs to the summand with the larger factor, such as a policy loss beside an entropy"
    " bonus of 0.01.",
    why="An optimiser that scales steps, and a limit on the gradient's norm, see the larger one only.",
    fix="Lower the factor of the larger summand, or normalise what it is made of, such as returns.",
    sources=("https://github.com/openai/baselines/issues/766",),
)
def scale_mismatch(case: FunctionCase) -> Iterator[RawFinding]:
    """One summand of the loss drowns another.

    The gradients of two summands differ by orders of magnitude, so that one of them trains nothing.
    """
    tensors = [case.trace.heads[name] for name in case.flow.heads.values()]
    sized = [(_length(each.pull_back(tensors)), each) for each in summands_of(case)]
    pairs = [
        (low.factor * SAME_FACTOR < high.factor, large / small, high, low)
        for large, high in sized
        for small, low in sized
        if small > 0 and large / small > case.thresholds.gradient_ratio
    ]
    if pairs:
        is_meant, measured, high, low = min(pairs, key=lambda pair: (pair[0], -pair[1]))
        names = [case.flow.label(each.value.serial) for each in (high, low)]
        message = (
            f"The gradient of {names[0]} is {measured:.3g} times as long as that of {names[1]} (threshold"
            f" {case.thresholds.gradient_ratio:g}); the loss multiplies them by {high.factor:.3g} and {low.factor:.3g}."
        )
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=case.thresholds.gradient_ratio,
            field=f"{case.name}.{names[0]}",
            loss=case.name,
            severity="info" if is_meant else None,
        )


def _length(gradients: list[Tensor | None]) -> float:
    return sum(float(g.double().square().sum()) for g in gradients if g is not None) ** 0.5


@rule(
    "term-dead",
    "warning",
    needs=(FINITE,),
    thresholds=("dead_share", "min_samples"),
    shows="For each summand of the loss, the share of places at which its gradient is exactly 0 in the last term that"
    " all of it passes on its way to the outputs. It is information where weights that are 0 in the data cause it, or"
    " where gradients cancel at an extreme, as those of the entropy of a uniform policy.",
    why="These samples train nothing: the effective batch is a fraction of the one that is paid for.",
    fix="Widen the clip, lower the learning rate, or check which value of the mask means 'counts'.",
    sources=("https://github.com/openai/baselines/issues/92", "https://github.com/ray-project/ray/pull/22171"),
)
def term_dead(case: FunctionCase) -> Iterator[RawFinding]:
    """A term is clipped, masked or saturated almost everywhere.

    A gradient leads to the term, and it is exactly 0 at nearly every place.
    """
    seen: set[int] = set()
    for summand in summands_of(case):
        for found in _bottleneck(case, summand):
            if found.serial not in seen:
                seen.add(found.serial)
                yield _dead(case, found)


@dataclass(frozen=True)
class _Bottleneck:
    """The last value that all gradients of a summand pass."""

    serial: int
    dead: Tensor
    """Its places without gradient, or its entries where it has no places."""
    gradients: dict[int, Tensor | None]
    """Part of the gradient of each value that comes through the summand."""


def _bottleneck(case: FunctionCase, summand: Summand) -> Iterator[_Bottleneck]:
    """Find it where too many of its places have no gradient."""
    limits = case.thresholds
    heads = {s: case.trace.heads[name] for s, name in case.flow.heads.items() if s in case.flow.on_the_way}
    values = case.flow.recording.ancestors(summand.value.serial)
    tensors = {s: v.tensor for s, v in case.flow.recording.values.items() if s in values and v.tensor.requires_grad}
    tensors |= {serial: head for serial, head in heads.items() if serial in values}
    gradients = dict(zip(tensors, summand.pull_back(list(tensors.values())), strict=True))
    for serial in sorted(tensors, reverse=True):
        gradient = gradients[serial]
        if gradient is None or (serial in heads and _is_cut(case, serial)):
            continue
        dead = gradient == 0
        if case.places.dims(gradient.shape) is not None:
            grid = case.places.grid(dead)
            dead = grid.all(dim=2) if grid.dim() > 2 else grid
        if (
            dead.numel() >= limits.min_samples
            and share(dead) > limits.dead_share
            and _is_passed(case, serial, summand, heads)
        ):
            yield _Bottleneck(serial, dead, gradients)
            return


def _is_cut(case: FunctionCase, serial: int) -> bool:
    """Whether parts of an output are read only: the rest gets no gradient by right."""
    return any(value.operation in VIEWS for value in case.flow.consumers.get(serial, []))


def _is_passed(case: FunctionCase, serial: int, summand: Summand, heads: dict[int, Tensor]) -> bool:
    """Whether every way from a summand to the outputs passes a value."""
    open_, seen = [summand.value.serial], {serial}
    while open_:
        current = open_.pop()
        if current in seen:
            continue
        if current in heads:
            return False
        seen.add(current)
        value = case.flow.recording.values.get(current)
        open_ += () if value is None or not value.requires_grad else value.inputs
    return True


def _dead(case: FunctionCase, found: _Bottleneck) -> RawFinding:
    serial, dead = found.serial, found.dead
    name = case.flow.label(serial)
    measured, limit = share(dead), case.thresholds.dead_share
    users = [value for value in case.flow.consumers.get(serial, []) if value.requires_grad]
    ends = f"; it ends at `{expression(users[0])}` on {line(users[0])}" if users else ""
    message = (
        f"The gradient at {name} is exactly 0 at {percent(measured)} of {dead.numel()} places"
        f" (threshold {percent(limit)}){ends}."
    )
    is_by_right = any(_is_weighted_by_zero(case, user, serial) or _cancels(case, user, found) for user in users)
    return RawFinding(
        message=message,
        measured=measured,
        threshold=limit,
        mask=case.mask(dead) if dead.dim() == 2 else None,
        field=f"{case.name}.{name}",
        loss=case.name,
        severity="info" if is_by_right else None,
    )


def _cancels(case: FunctionCase, user: Value, found: _Bottleneck) -> bool:
    """Whether an operation has a slope and its gradients cancel, as at the extreme of an entropy."""
    gradient = found.gradients.get(user.serial)
    if gradient is None:
        return False
    uneven = torch.arange(gradient.numel(), dtype=gradient.dtype).view_as(gradient) % 7 + 1
    made = case.flow.through(user, found.serial, uneven * (gradient != 0))
    return made is not None and share(made != 0) > 1 - case.thresholds.dead_share


def _is_weighted_by_zero(case: FunctionCase, user: Value, serial: int) -> bool:
    """Whether numbers of the data, and no condition, are what multiplies a value by 0 nearly everywhere."""
    if user.operation.strip("_") not in {"mul", "rmul", "imul", "multiply"}:
        return False
    others = [tensor for each in user.inputs if each != serial and (tensor := case.flow.tensor(each)) is not None]
    return any(
        not other.requires_grad
        and other.numel() > 1
        and share(other == 0) > case.thresholds.dead_share
        and not bool(torch.isin(other, torch.tensor([0, 1], dtype=other.dtype)).all())
        for other in others
    )
