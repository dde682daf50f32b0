"""Pool a large map into few cells, each with its mean, its extremes and its non-finite counts."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

MAX_ROWS = 96
MAX_COLUMNS = 192
"""Cells of a map: about as many as a panel has room for at four pixels each."""


@dataclass(frozen=True)
class Pooled:
    """A pooled map; in a cell without a finite value mean, min and max are NaN."""

    cell: tuple[int, int]
    """Rows and columns that one cell covers."""
    mean: Tensor
    """Mean of the finite values."""
    non_finite: Tensor
    """How many values of the cell are not finite."""
    smallest: Callable[[], Tensor]
    """Computes `min`: of a large map each extreme is a pass over memory, which not every figure needs."""
    largest: Callable[[], Tensor]
    """Computes `max`."""

    @cached_property
    def min(self) -> Tensor:
        """Smallest finite value."""
        return self.smallest()

    @cached_property
    def max(self) -> Tensor:
        """Largest finite value."""
        return self.largest()

    @property
    def peak(self) -> Tensor:
        """Finite value farthest from zero."""
        return torch.where(self.max.abs() >= self.min.abs(), self.max, self.min)


def fold_column(pooled: Pooled) -> Pooled:
    """Fold one column of cells into a near-square map, line by line; the last line is padded."""
    count = pooled.mean.shape[0]
    width = math.ceil(math.sqrt(count))
    missing = -count % width

    def lines(values: Tensor, filler: float) -> Tensor:
        return pad(values.flatten(), (0, missing), value=filler).view(-1, width)

    return Pooled(
        pooled.cell,
        lines(pooled.mean, math.nan),
        lines(pooled.non_finite, 0),
        lambda: lines(pooled.min, math.nan),
        lambda: lines(pooled.max, math.nan),
    )


def pool(
    values: Tensor, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS, outside: Tensor | None = None
) -> Pooled:
    """Pool ``[rows, columns]`` into at most ``max_rows x max_columns`` cells of one size; the last ones may be cut.

    Values that are `outside` are ignored.
    """
    rows, columns = values.shape
    cell = (-(-rows // max_rows), -(-columns // max_columns))
    if cell == (1, 1):
        finite = values.isfinite()
        here = finite if outside is None else finite & ~outside
        shown = values.masked_fill(~here, torch.nan)
        return Pooled(cell, shown, _count(~finite, outside), lambda: shown, lambda: shown)
    if outside is not None:
        return _pool_inside(values, cell, ~outside)
    size = _in_cells(torch.ones(rows, 1), cell, torch.sum) * _in_cells(torch.ones(1, columns), cell, torch.sum)
    if bool(values.sum().isfinite()):  # then every value is, and nothing needs a mask
        mean = _in_cells(values, cell, torch.sum) / size
        return Pooled(
            cell,
            mean,
            torch.zeros_like(mean, dtype=torch.int32),
            lambda: _in_cells(values, cell, torch.amin),
            lambda: _in_cells(values, cell, torch.amax),
        )
    return _pool_inside(values, cell, torch.ones_like(values, dtype=torch.bool))


def _count(bad: Tensor, outside: Tensor | None) -> Tensor:
    return (bad if outside is None else bad & ~outside).to(torch.int32)


def _pool_inside(values: Tensor, cell: tuple[int, int], inside: Tensor) -> Pooled:
    finite = values.isfinite() & inside
    size = _in_cells(inside.to(torch.float32), cell, torch.sum)
    counted = _in_cells(finite.to(torch.float32), cell, torch.sum)
    absent = counted == 0
    return Pooled(
        cell,
        _in_cells(values.masked_fill(~finite, 0), cell, torch.sum) / counted,  # 0 / 0 is NaN: no value, no mean
        (size - counted).to(torch.int32),
        lambda: _in_cells(values.masked_fill(~finite, torch.inf), cell, torch.amin).masked_fill(absent, torch.nan),
        lambda: _in_cells(values.masked_fill(~finite, -torch.inf), cell, torch.amax).masked_fill(absent, torch.nan),
    )


def _in_cells(values: Tensor, cell: tuple[int, int], reduce: Callable[..., Tensor]) -> Tensor:
    """Reduce each cell: first over its rows, which lie apart in memory and go fast, then the few columns left."""
    height, width = cell
    return _every(_every(values, height, reduce).mT, width, reduce).mT


def _every(values: Tensor, count: int, reduce: Callable[..., Tensor]) -> Tensor:
    """Reduce every `count` rows to one; what is left at the end to one more."""
    whole = values.shape[0] // count * count
    if values.shape[0] == 1 or count == 1:
        return values
    parts = [reduce(values[:whole].unflatten(0, (-1, count)), dim=1)] if whole else []
    rest = [reduce(values[whole:], dim=0, keepdim=True)] if whole < values.shape[0] else []
    return torch.cat([*parts, *rest])
