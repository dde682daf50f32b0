"""Episode boundaries from an array with one number per episode: its first row, its end, or its length."""

import torch
from jaxtyping import Int
from torch import Tensor


def episode_of_rows(values: Tensor, rows: int) -> Int[Tensor, " row"] | None:
    """Number the rows by episode; None if the numbers do not partition a table of so many rows.

    They are the first rows of episodes, the rows after their last ones, their last rows, or their lengths.

    Shapes: values [episode]; result [row].

    Example:
        >>> episode_of_rows(torch.tensor([2, 5]), 5).tolist(), episode_of_rows(torch.tensor([0, 2]), 5).tolist()
        ([0, 0, 1, 1, 1], [0, 0, 1, 1, 1])
    """
    if values.dim() != 1 or not 2 <= len(values) < rows or values.is_floating_point() or values.dtype == torch.bool:
        return None
    numbers = values.long()
    first, last = int(numbers[0]), int(numbers[-1])
    increasing = first >= 0 and last <= rows and bool((numbers.diff() > 0).all())
    begins: Tensor | None = None
    if increasing and first == 0:
        begins = numbers[numbers < rows]
    elif increasing and last in {rows, rows - 1}:
        begins = torch.cat([numbers.new_zeros(1), numbers[:-1] + int(last == rows - 1)])
    elif bool((numbers > 0).all()) and bool((numbers <= rows).all()) and int(numbers.sum()) == rows:
        begins = torch.cat([numbers.new_zeros(1), numbers.cumsum(0)[:-1]])
    if begins is None:
        return None
    marks = torch.zeros(rows, dtype=torch.int64)
    marks[begins] = 1
    return marks.cumsum(0) - 1
