"""Convert values to mouse's types: integers, rewards and done codes."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.value_checks import first_place
from mouse.mapping.target import TARGETS

Note = Callable[[str], None]
LARGEST_WHOLE = float(1 << 53)
"""Up to here float64 holds every integer."""


def convert(values: Tensor, target: str, source: str, note: Note) -> Tensor:
    """Return a field's rows in the type that mouse has for it; what changes is noted.

    Shapes: ``values`` [N, ...]; result [N] of a scalar field, else [N, ...]; flags and done as int64 codes.

    Raises:
        BatchError: values that are none of such a field.
    """
    kind, field = TARGETS[target].kind, f"mapping.fields.{target}"
    if values.is_complex():
        raise BatchError(field, f"{source} of {_type(values)}", "real numbers", "map another field")
    if kind == "values":
        return _floats(values, source, note)
    values = _squeezed(values, source, note)
    if kind == "action" and values.dim() == 2:
        return _one_hot(values, field, source, note)
    _check_single(values, field, source)
    if kind == "reward":
        return _floats(values, source, note)
    numbers = to_int64(values, field, source, note)
    if kind == "flag":
        return _flag(numbers, field, source)
    return numbers


def invert_flags(flags: Tensor, field: str, source: str, note: Note) -> Tensor:
    """Return 1 for 0 and 0 for 1.

    Raises:
        BatchError: anything else.
    """
    note(f"`{source}` is 0 where an episode ends: its opposite is read.")
    return 1 - _flag(flags, field, source)


def row_ids(values: Tensor, field: str, source: str, note: Note) -> Tensor:
    """Return what tells rows apart or orders them, one whole number a row, as int64.

    Shapes: ``values`` [N, ...]; result [N].

    Raises:
        BatchError: several numbers a row, or none; or what is no whole number.
    """
    values = _squeezed(values, source, note)
    _check_single(values, field, source)
    return to_int64(values, field, source, note)


def to_int64(values: Tensor, field: str, source: str, note: Note) -> Tensor:
    """Return whole numbers as int64.

    Raises:
        BatchError: a fraction, or a number that int64 does not hold.
    """
    if values.dtype == torch.int64:
        return values
    integers = values.to(torch.int64)
    lost = integers < 0 if values.dtype == torch.uint64 else torch.zeros_like(values, dtype=torch.bool)
    if values.is_floating_point():
        lost = (values != values.round()) | ~(values.abs() <= LARGEST_WHOLE)
    if bool(lost.any()):
        (row,) = first_place(lost)
        fix = "leave it unmapped: it is kept, and losses of discrete actions do not run"
        raise BatchError(
            field,
            f"{values[row].item()} in {source}, row {row}",
            "whole numbers",
            fix if field.endswith("action") else "map another field",
        )
    if values.dtype != torch.bool:
        note(f"`{source}` is {_type(values)}: its whole numbers become int64.")
    return integers


def _floats(values: Tensor, source: str, note: Note) -> Tensor:
    if values.is_floating_point():
        return values
    note(f"`{source}` is {_type(values)}: it becomes float32.")
    return values.float()


def _squeezed(values: Tensor, source: str, note: Note) -> Tensor:
    """Without dimensions of size 1 behind the rows."""
    if values.dim() == 1 or values[:1].numel() != min(1, len(values)):
        return values
    note(f"`{source}` has one number a step in {list(values.shape[1:])}: that dimension is removed.")
    return values.flatten()


def _check_single(values: Tensor, field: str, source: str) -> None:
    if values.dim() != 1:
        raise BatchError(field, f"{source} with {list(values.shape[1:])} numbers a step", "one", "map another field")


def _one_hot(values: Tensor, field: str, source: str, note: Note) -> Tensor:
    """Index of the one 1 of each row."""
    wrong = ((values != 0) & (values != 1)).any(dim=1) | ((values == 1).sum(dim=1) != 1)
    if bool(wrong.any()):
        (row,) = first_place(wrong)
        numbers = ", ".join(f"{number:g}" for number in cast("list[float]", values[row, :4].tolist()))
        raise BatchError(
            field,
            f"{values.shape[1]} numbers a step in {source}, row {row}: {numbers}",
            "one discrete action, or one-hot",
            "leave it unmapped: it is kept, and losses of discrete actions do not run",
        )
    note(f"`{source}` is one-hot: the action is the index of the 1 among {values.shape[1]}.")
    return values.long().argmax(dim=1)


def _flag(numbers: Tensor, field: str, source: str) -> Tensor:
    wrong = (numbers != 0) & (numbers != 1)
    if bool(wrong.any()):
        (row,) = first_place(wrong)
        raise BatchError(
            field, f"{int(numbers[row])} in {source}, row {row}", "true or false, 1 or 0", "map codes to done"
        )
    return numbers


def _type(values: Tensor) -> str:
    return str(values.dtype).removeprefix("torch.")
