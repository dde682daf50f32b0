"""Rules over what a function makes of its data: masks that it ignores, terms that say nothing."""

import re
from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import line
from mouse.diagnosis.function_case import CALL, FunctionCase
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.tracing.terms import TracedTerm

MASK = re.compile(r"mask|valid")
ENDS = re.compile(r"done|termina|truncat|first|last|init|reset|timeout|(^|_)(end|ends)(_|$)")
"""Bools that say where episodes begin and end: a loss may have no use for them."""
CLIPPING = frozenset({
    *("clamp", "clip", "clamp_min", "clamp_max", "minimum", "maximum", "min", "max", "relu", "hardtanh", "threshold"),
    *("sigmoid", "tanh", "softmax", "sign", "round", "floor", "ceil", "trunc"),
})  # fmt: skip
"""Operations that turn different numbers into one."""


@rule(
    "mask-ignored",
    "warning",
    needs=(CALL,),
    shows="Fields of type bool and of the batch's shape that are not true throughout, and that no parameter takes and"
    " no operation of the function reads. It is information for those that say where episodes begin or end.",
    why="Padding counts as data: the loss is a mean over steps that never happened.",
    fix="Multiply the loss per place by the mask and divide by its sum, or take `loss[mask].mean()`.",
    sources=("https://github.com/NovaSky-AI/SkyRL/pull/462", "https://github.com/EleutherAI/gpt-neo/pull/45"),
)
def mask_ignored(case: FunctionCase) -> Iterator[RawFinding]:
    """The function never reads a mask of the batch.

    The batch says which of its steps count, and the loss counts all.
    """
    for name, tensor in case.flow.recording.inputs.values():
        is_mask = tensor.dtype == torch.bool and tensor.shape == case.places.batch_size
        if not is_mask or bool(tensor.all()) or name in case.reads:
            continue
        if not bool(tensor.any()) and not MASK.search(name):
            continue
        measured = share(~tensor)
        message = (
            f"{case.name} never reads {name}, which is false at {percent(measured)} of {tensor.numel():,} places:"
            " they count like the others."
        )
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=0,
            mask=case.mask(~tensor),
            field=f"step_stream.{name}",
            loss=case.name,
            severity="info" if ENDS.search(name) and not MASK.search(name) else None,
        )


@rule(
    "constant-term",
    "info",
    needs=(CALL,),
    thresholds=("min_samples",),
    shows="Named floating-point terms on the way to the loss that are one and the same number at every place, although"
    " they are made of outputs of the model, or of fields that vary. It is a warning where a clip or a saturation"
    " made it so.",
    why="Such a term says nothing: a factor of 1, an entropy that is that of a coin, a value at its bound.",
    fix="Check that it is meant to be constant now: a ratio is 1 on the first epoch, an entropy greatest at the start.",
    sources=("https://github.com/verl-project/verl/issues/791",),
)
def constant_term(case: FunctionCase) -> Iterator[RawFinding]:
    """A term is the same number at every place.

    A term that should differ from sample to sample does not.
    """
    inputs = case.flow.recording.inputs
    telling = {name for name, tensor in inputs.values() if tensor.numel() and not _is_constant(tensor)}
    telling |= set(case.flow.heads.values())
    found: set[int] = set()
    for name, term in case.traced.terms.items():
        named = term.serial in case.flow.recording.names and term.serial in case.flow.on_the_way
        if not named or not term.tensor.is_floating_point() or term.tensor.numel() < case.thresholds.min_samples:
            continue
        above = case.flow.recording.ancestors(term.serial)
        if not _is_constant(term.tensor) or found & above or not case.flow.fields_of(term.serial) & telling:
            continue
        found.add(term.serial)
        yield _constant(case, name, term, above)


def _constant(case: FunctionCase, name: str, term: TracedTerm, above: set[int]) -> RawFinding:
    value = case.flow.recording.values[term.serial]
    number = float(term.tensor.flatten()[0].detach())
    clipped = [
        each
        for serial in sorted(above)
        if (each := case.flow.recording.values.get(serial)) is not None
        and each.operation in CLIPPING
        and _is_constant(each.tensor)
        and any(not _is_constant(t) for s in each.inputs if (t := case.flow.tensor(s)) is not None)
    ]
    message = f"{name} on {line(value)} is {number:.6g} at every one of {term.tensor.numel():,} places."
    return RawFinding(
        message=message,
        measured=number,
        field=f"{case.name}.{name}",
        loss=case.name,
        severity="warning" if clipped else None,
    )


def _is_constant(tensor: Tensor) -> bool:
    return tensor.numel() > 0 and bool((tensor == tensor.flatten()[0]).all())
