"""Detect rows of a buffer that were never written, from size fields and from zeros."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.counters import counts_rows
from mouse.evidence.sampling import row_numbers

FACTOR = 4
"""A tail of zeros is no data where it is so many times as long as any other run of zeros."""


class Written(NamedTuple):
    """Which rows of a buffer hold steps."""

    rows: Bool[Tensor, " row"]
    """Whether a row was written."""
    source: str | None
    """The number beside the rows that tells; None where zeros do."""
    parts: tuple[int, ...]
    """First row of each part that was filled on its own, such as one of several environments."""


def all_zero(columns: Iterable[Tensor], rows: int) -> Bool[Tensor, " row"]:
    """Where every column is zero, or filled up to the end; one that counts the rows of the file is no part of them.

    Shapes: columns [N, ...]; result [N].
    """
    place = torch.arange(rows)
    for column in sorted(columns, key=Tensor.numel):  # few rows are left when the wide ones are read
        if column.dim() == 1 and _whole(column) and counts_rows(column.long()):
            continue
        found, filled = row_numbers(column[place] == 0).all(dim=1), _filled(column)
        place = place[found if filled is None else found | filled[place]]
    zero = torch.zeros(rows, dtype=torch.bool)
    zero[place] = True
    return zero


def _filled(column: Tensor) -> Bool[Tensor, " row"] | None:
    """The tail of a column that holds -1, which no other row does, or no number: what stands for none; None if none."""
    if not len(column) or not column.dtype.is_signed or column.is_complex():
        return None
    last = column[-1:].flatten()
    if not bool((last == -1).all() | last.isnan().all()):
        return None
    wide = row_numbers(column)
    minus = (wide == -1).all(dim=1)
    none = wide.isnan().all(dim=1) | (minus if int(minus.sum()) == _tail(minus) else torch.zeros_like(minus))
    return none.flip(0).long().cumprod(0).flip(0).bool()


def written(zero: Bool[Tensor, " row"], beside: Mapping[str, Tensor]) -> Written | None:
    """Find the rows that were never written; None if every row may hold a step.

    A number beside the rows that stands where zeros begin, or a little behind it, is the size: the last rows before it
    may be steps whose every column is zero. Sizes of several parts stand beside their first rows, or divide the buffer
    evenly. Without such a number, zeros prove it where they are many.

    Example:
        >>> zero = torch.tensor([False, False, True, True, True])
        >>> written(zero, {"size": torch.tensor(3)}).rows.tolist()
        [True, True, True, False, False]
    """
    numbers = {name: value.flatten().long() for name, value in beside.items() if _whole(value)}
    return _by_parts(zero, numbers) or _by_size(zero, numbers) or _by_zeros(zero)


def _by_parts(zero: Tensor, numbers: Mapping[str, Tensor]) -> Written | None:
    """Several parts, each filled from its first row on."""
    rows = len(zero)
    for name, lengths in numbers.items():
        count = len(lengths)
        if not 2 <= count <= rows or int(lengths.min()) < 0:
            continue
        even = torch.arange(count) * (rows // count)
        for starts in (*(each for each in numbers.values() if len(each) == count), even):
            room = starts.diff(append=torch.tensor([rows]))
            if int(starts[0]) or bool((room <= 0).any()) or bool((lengths > room).any()) or bool((room > rows).any()):
                continue
            kept = torch.zeros(rows + 1, dtype=torch.int64)
            kept[starts] += 1
            kept.index_add_(0, starts + lengths, -torch.ones(count, dtype=torch.int64))
            full = kept.cumsum(0)[:-1] > 0
            if _tight(zero, full) and (not bool(full.all()) or starts is not even):
                return Written(full, name, tuple(int(start) for start in starts))
    return None


def _whole(value: Tensor) -> bool:
    return not value.is_floating_point() and not value.is_complex() and bool(value.numel())


def _tight(zero: Tensor, full: Tensor) -> bool:
    """Whether what was not written is zero, and what was is mostly not."""
    return bool(zero[~full].all()) and int(zero[full].sum()) * 2 <= int(full.sum())


def _by_size(zero: Tensor, numbers: Mapping[str, Tensor]) -> Written | None:
    tail = _tail(zero)
    rows = len(zero)
    sizes = [
        (int(value[0]), name)
        for name, value in numbers.items()
        if len(value) == 1 and rows - tail <= int(value[0]) < rows and tail
    ]
    if not sizes:
        return None
    size, name = min(sizes)
    return Written(torch.arange(rows) < size, name, (0,)) if 2 * (rows - size) >= tail else None


def _by_zeros(zero: Tensor) -> Written | None:
    """Detect a long tail of zeros."""
    tail, rows = _tail(zero), len(zero)
    if not 2 <= tail < rows:
        return None
    ends = torch.cat([torch.tensor([-1]), (~zero[: rows - tail]).nonzero().flatten()])
    longest = int(ends.diff().max()) - 1
    return Written(torch.arange(rows) < rows - tail, None, (0,)) if tail > FACTOR * longest else None


def _tail(zero: Tensor) -> int:
    """Number of zero rows at the end."""
    return int(zero.flip(0).long().cumprod(0).sum())
