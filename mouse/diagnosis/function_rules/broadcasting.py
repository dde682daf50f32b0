"""The rule over shapes that broadcast without a word."""

from collections.abc import Iterator, Sequence
from typing import cast

import torch

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import Flow, expression, line
from mouse.diagnosis.function_case import CALL, FunctionCase
from mouse.diagnosis.rule import rule
from mouse.tracing.recorder import Value

REDUCING = frozenset({"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss"})
"""Operations that broadcast inside and return less than that."""
PAIRING = frozenset({"matmul", "__matmul__", "__rmatmul__", "mm", "bmm", "einsum", "linear", "tensordot"})
"""Operations that pair rows with rows by what they are."""


INDEXING = frozenset({"__getitem__", "index_select"})
"""Operations that pick entries of their first operand by the numbers of another one."""


@rule(
    "silent-broadcast",
    "error",
    needs=(CALL,),
    shows="Operations in which `[N, 1]` meets `[N]`: the result `[N, N]` has a dimension of the batch once more than"
    " any operand, because the shorter shape was aligned at its end. Where both operands have all dimensions, as in"
    " `x[:, None] - y[None, :]`, or are views of one tensor, pairs are meant. An index of the batch behind a colon"
    " pairs them too: `q[:, action]` picks the actions of all samples in every row.",
    why="Every sample is compared with the targets of all others: the loss falls, and learns the mean target.",
    fix="Give both operands the same shape: `[..., None]` on the shorter one, or `.squeeze(-1)` on the longer one.",
    sources=("https://github.com/pytorch/pytorch/issues/16045", "https://github.com/deepset-ai/FARM/issues/229"),
)
def silent_broadcast(case: FunctionCase) -> Iterator[RawFinding]:
    """Two shapes broadcast to one that pairs every sample with every other.

    `q [N, 1] - target [N]` is no difference per sample, but `[N, N]`: all pairs.
    """
    seen: set[tuple[str, int]] = set()
    for value in case.flow.recording.values.values():
        place = value.file, value.expression.line
        if place in seen:
            continue
        if operands := _paired(value, case.flow):
            seen.add(place)
            yield _found(value, operands, case)
        elif operands := _indexed(value, case):
            seen.add(place)
            yield _found_index(value, operands, case)


def _paired(value: Value, flow: Flow) -> tuple[int, int] | None:
    """Serials of the operand that has all dimensions and of the one that was aligned at its end."""
    if value.operation in PAIRING or len(value.inputs) < 2:
        return None
    try:
        result = _broadcast(value)
    except RuntimeError:  # no operation by elements
        return None
    if result != value.tensor.shape and value.operation not in REDUCING:
        return None
    shapes = {serial: tensor.shape for serial in value.inputs if (tensor := flow.tensor(serial)) is not None}
    for size in {size for size in result if size > 1}:
        if any(_count(shape, size) >= _count(result, size) for shape in value.input_shapes):
            continue
        long = [serial for serial, shape in shapes.items() if len(shape) == len(result) and _count(shape, size)]
        short = [serial for serial, shape in shapes.items() if len(shape) < len(result) and _count(shape, size)]
        pairs = [(one, other) for one in long for other in short if _meet_by_chance(one, other, flow)]
        if pairs:
            return pairs[0]
    return None


def _indexed(value: Value, case: FunctionCase) -> tuple[int, int] | None:
    """Serials of what is indexed and of the index, where every row of the batch is indexed by all rows."""
    if value.operation not in INDEXING or len(value.inputs) != 2 or len(value.input_shapes) != 2:
        return None
    source, index = value.input_shapes
    numbers = case.flow.tensor(value.inputs[1])
    whole = numbers is not None and not numbers.is_floating_point() and numbers.dtype != torch.bool
    size, result = case.places.batch_size, value.tensor.shape
    if not whole or source[:1] != size[:1] or index[: len(size)] != size or result[:1] != size[:1]:
        return None
    behind = any(result[start : start + len(index)] == index for start in range(1, len(result)))
    in_front = result == index + source[1:]
    both = all(case.flow.fields_of(serial) for serial in value.inputs)
    return (value.inputs[0], value.inputs[1]) if behind and not in_front and both else None


def _broadcast(value: Value) -> tuple[int, ...]:
    return tuple(cast("torch.Size", torch.broadcast_shapes(*value.input_shapes)))


def _count(shape: Sequence[int], size: int) -> int:
    return sum(each == size for each in shape)


def _meet_by_chance(one: int, other: int, flow: Flow) -> bool:
    """Both hold numbers of the batch, and they are not views of one tensor, whose pairs are meant."""
    numbers = flow.fields_of(one) and flow.fields_of(other)
    return bool(numbers) and flow.source_of_view(one) != flow.source_of_view(other)


def _found(value: Value, operands: tuple[int, int], case: FunctionCase) -> RawFinding:
    long_shape, short_shape = (_shape(serial, case.flow) for serial in operands)
    result = list(_broadcast(value))
    names = [case.flow.label(serial) for serial in operands]
    message = (
        f"`{expression(value)}` on {line(value)} makes {result} of {names[0]} {long_shape} and {names[1]}"
        f" {short_shape}, expected {long_shape} or {short_shape}: it pairs every sample with every other."
    )
    long_name, short_name = (name if name.isidentifier() else f"({name})" for name in names)
    fix = (
        f"Write `{short_name}[..., None]`, or `{long_name}.squeeze(-1)`; where all pairs are meant,"
        f" `{short_name}[None, :]` says so."
    )
    return _finding(value, message, fix, case)


def _found_index(value: Value, operands: tuple[int, int], case: FunctionCase) -> RawFinding:
    source, index = (_shape(serial, case.flow) for serial in operands)
    names = [case.flow.label(serial) for serial in operands]
    message = (
        f"`{expression(value)}` on {line(value)} makes {list(value.tensor.shape)} of {names[0]} {source} and the index"
        f" {names[1]} {index}, expected {index}: it picks from every sample by the numbers of all others."
    )
    source_name, index_name = (name if name.isidentifier() else f"({name})" for name in names)
    fix = f"Write `{source_name}.gather(-1, {index_name}[..., None]).squeeze(-1)`."
    return _finding(value, message, fix, case)


def _finding(value: Value, message: str, fix: str, case: FunctionCase) -> RawFinding:
    return RawFinding(
        message=message,
        field=f"{case.name}.{case.flow.label(value.serial)}",
        loss=case.name,
        fix=fix,
        severity=None if value.serial in case.flow.on_the_way else "warning",
    )


def _shape(serial: int, flow: Flow) -> list[int]:
    tensor = flow.tensor(serial)
    return [] if tensor is None else list(tensor.shape)
