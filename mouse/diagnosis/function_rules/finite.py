"""Rules over numbers that are none: where NaN and infinity begin, on the way to the loss and on the way back."""

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import expression, line
from mouse.diagnosis.function_case import CALL, FINITE, FunctionCase
from mouse.diagnosis.numbers import first_of
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rules import numerics
from mouse.losses.fields import names
from mouse.losses.value_checks import first_place
from mouse.tracing.recorder import Value

FILLING = frozenset({
    *("masked_fill", "masked_fill_", "where", "full", "full_like", "new_full", "fill_", "tensor", "as_tensor"),
    *("__setitem__", "scalar_tensor", "nan_to_num"),
})  # fmt: skip
"""Operations that compute nothing: an infinity in their result was put there."""


@rule(
    "term-not-finite",
    "error",
    needs=(CALL,),
    shows="The chain of values that are not finite, from the loss back to the first one in order of computation whose"
    " operands are all finite. An infinity that was filled in, as into masked logits, is none.",
    why="The loss is no number, and one update later no weight is.",
    fix="Keep its operands away from where it has no value: clamp, add an epsilon, mask before and not after.",
    sources=("https://github.com/ray-project/ray/issues/21297", "https://github.com/OpenRLHF/OpenRLHF/pull/1314"),
)
def term_not_finite(case: FunctionCase) -> Iterator[RawFinding]:
    """A term is not finite although what it is made of is.

    A logarithm of 0, a division by 0, an exponential that overflows: the first one that the loss inherits from.
    """
    if bool(case.trace.loss.isfinite()):
        return
    chain = _chain(case)
    if not chain:
        message = (
            f"{case.name} is {float(case.trace.loss.detach())} although every recorded value that it is made of is"
            " finite, expected a number: its mean overflows, or the operation that makes it was not recorded."
        )
        yield RawFinding(message=message, field=case.name, loss=case.name)
        return
    serial = _origin(case, chain)
    value, tensor = case.flow.recording.values.get(serial), chain[serial]
    bad = ~tensor.isfinite()
    count = f"{int(bad.sum()):,} of {bad.numel():,} values" if bad.dim() else "its value"
    first = first_place(bad)
    found = f"not finite ({count}, the first {float(tensor[first].detach())} at {list(first)})"
    if value is None:
        name = case.flow.label(serial)
        message = f"The field `{name}` is {found}, and {case.name} with it, expected numbers."
        field = f"{'out' if name in names(case.out) else 'step_stream'}.{name}"
    else:
        message = f"`{expression(value)}` on {line(value)} is {found}{_operands(case, value, first)}."
        field = f"{case.name}.{case.flow.label(serial)}"
    yield RawFinding(
        message=message, measured=int(bad.sum()), threshold=0, mask=case.mask(bad), field=field, loss=case.name
    )


def _chain(case: FunctionCase) -> dict[int, Tensor]:
    """Values and fields that are not finite and lead to the loss by others that are not, with the loss itself."""
    chain: dict[int, Tensor] = {}
    open_ = [] if case.trace.serial is None else [case.trace.serial]
    while open_:
        serial = open_.pop()
        tensor = case.flow.tensor(serial)
        if serial in chain or tensor is None or not _is_bad(tensor):
            continue
        chain[serial] = tensor
        value = case.flow.recording.values.get(serial)
        open_ += () if value is None else value.inputs
    return chain


def _origin(case: FunctionCase, chain: dict[int, Tensor]) -> int:
    """Serial of the first computed value of the chain that inherits nothing; else of the field that it comes from."""
    values = [value for serial, value in sorted(case.flow.recording.values.items()) if serial in chain]
    for value in values:
        if value.operation not in FILLING and not any(serial in chain for serial in value.inputs):
            return value.serial
    fields = [serial for serial in sorted(chain) if serial not in case.flow.recording.values]
    with_nan = [serial for serial in fields if bool(chain[serial].isnan().any())]
    if with_nan:
        return with_nan[0]
    for value in values:  # infinities were filled in or handed in: where they became NaN
        made_of = [chain[serial] for serial in value.inputs if serial in chain]
        if bool(value.tensor.isnan().any()) and not any(bool(each.isnan().any()) for each in made_of):
            return value.serial
    return [*fields, *(value.serial for value in values)][0]


def _is_bad(tensor: Tensor) -> bool:
    return tensor.is_floating_point() and not bool(tensor.isfinite().all())


def _operands(case: FunctionCase, value: Value, place: tuple[int, ...]) -> str:
    """What it was made of at its first place, as far as the operands have that place."""
    operands: list[str] = []
    for serial in value.inputs:
        tensor = case.flow.tensor(serial)
        if tensor is not None and tensor.shape == value.tensor.shape:
            operands.append(f"{case.flow.label(serial)} is {float(tensor[place].detach()):.6g}")
    return f"; there {' and '.join(operands)}" if operands else ""


def _gradient_not_finite(case: FunctionCase) -> Iterator[RawFinding]:
    """Find where, going back from the loss, a gradient is the first that is none."""
    if all(g is None or bool(g.isfinite().all()) for g in case.head_gradients.values()):
        return
    gradients = case.gradients_of(case.flow.values)
    gradients |= {s: g for s, name in case.flow.heads.items() if (g := case.head_gradients[name]) is not None}
    bad = {serial for serial, gradient in gradients.items() if not bool(gradient.isfinite().all())}
    consumers = case.flow.consumers
    origin = max(serial for serial in bad if not any(each.serial in bad for each in consumers.get(serial, [])))
    mask = ~gradients[origin].isfinite()
    count = int(mask.sum())
    name = case.flow.label(origin)
    culprit = _culprit(case, origin, gradients)
    first = first_place(mask)
    tensor = case.flow.tensor(origin)
    there = "" if tensor is None else f", where {name} is {float(tensor[first].detach()):.6g}"
    maker = "an operation that was not recorded" if culprit is None else f"`{expression(culprit)}` on {line(culprit)}"
    message = (
        f"The gradient at {name} is not finite in {count} of {mask.numel():,} entries, the first at {first_of(mask)}"
        f"{there}: {maker} makes it of a finite one;"
        f" {case.name} is {float(case.trace.loss.detach()):.3g}."
    )
    yield RawFinding(
        message=message,
        measured=count,
        threshold=0,
        mask=case.mask(mask),
        field=f"{case.name}.{name}",
        loss=case.name,
        fix="Mask or clamp the operand before the operation, not its result: 0 times an infinite slope is NaN.",
    )


def _culprit(case: FunctionCase, serial: int, gradients: dict[int, Tensor]) -> Value | None:
    """The operation that makes a gradient that is not finite of a finite one; the first where their sum overflows."""
    consumers = [each for each in case.flow.consumers.get(serial, []) if each.serial in gradients]
    for each in consumers:
        made = case.flow.through(each, serial, gradients[each.serial])
        if made is not None and not bool(made.isfinite().all()):
            return each
    return consumers[0] if consumers else None


gradient_not_finite = replace(numerics.gradient_not_finite, check=_gradient_not_finite, needs=(FINITE,))
"""The rule of that name, which `mouse.diagnosis.rules` checks of mouse's own losses, for any function."""
