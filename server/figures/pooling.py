"""A large map in few cells: what each cell holds is kept by its mean, its extremes and what is not finite."""

from dataclasses import dataclass

import torch
from torch import Tensor

MAX_ROWS = 96
MAX_COLUMNS = 192
"""Cells of a map: about as many as a panel has room for at four pixels each."""


@dataclass(frozen=True)
class Pooled:
    """A map in cells; in a cell without a finite value mean, min and max are NaN."""

    cell: tuple[int, int]
    """Rows and columns that one cell covers."""
    mean: Tensor
    """Mean of the finite values."""
    min: Tensor
    """Smallest finite value."""
    max: Tensor
    """Largest finite value."""
    non_finite: Tensor
    """How many values of the cell are not finite."""

    @property
    def peak(self) -> Tensor:
        """Finite value farthest from zero."""
        return torch.where(self.max.abs() >= self.min.abs(), self.max, self.min)


def pool(values: Tensor, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS) -> Pooled:
    """Pool ``[rows, columns]`` into at most ``max_rows x max_columns`` cells of one size; the last ones may be cut."""
    rows, columns = values.shape
    cell = (-(-rows // max_rows), -(-columns // max_columns))
    finite = values.isfinite()
    if cell == (1, 1):
        shown = values.masked_fill(~finite, torch.nan)
        return Pooled(cell, shown, shown, shown, (~finite).to(torch.int32))
    counted = _cells(finite, cell, fill=False).sum(dim=(1, 3))
    absent = counted == 0
    total = _cells(values.masked_fill(~finite, 0), cell, fill=0).sum(dim=(1, 3))
    low = _cells(values.masked_fill(~finite, torch.inf), cell, fill=torch.inf).amin(dim=(1, 3))
    high = _cells(values.masked_fill(~finite, -torch.inf), cell, fill=-torch.inf).amax(dim=(1, 3))
    return Pooled(
        cell,
        (total / counted),  # 0 / 0 is NaN: no finite value, no mean
        low.masked_fill(absent, torch.nan),
        high.masked_fill(absent, torch.nan),
        _cells(~finite, cell, fill=False).sum(dim=(1, 3), dtype=torch.int32),
    )


def _cells(values: Tensor, cell: tuple[int, int], fill: float) -> Tensor:
    """View ``[rows, columns]`` as ``[cell rows, height, cell columns, width]``, padded at the end with `fill`."""
    height, width = cell
    below, right = -values.shape[0] % height, -values.shape[1] % width
    if below or right:
        values = torch.nn.functional.pad(values, (0, right, 0, below), value=fill)
    return values.reshape(values.shape[0] // height, height, values.shape[1] // width, width)
