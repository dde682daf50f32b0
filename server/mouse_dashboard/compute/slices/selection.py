"""The transitions of a batch that a figure shows, and their positions."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Selection:
    """All transitions of a range, or those of them in a slice."""

    rows: tuple[int, int]
    steps: tuple[int, int]
    chosen: Tensor | None = None
    """Indices into the range, row by row; None chooses all."""

    @property
    def within(self) -> int:
        """Number of transitions in the range."""
        return (self.rows[1] - self.rows[0]) * (self.steps[1] - self.steps[0])

    @property
    def count(self) -> int:
        """Number of selected transitions."""
        return self.within if self.chosen is None else len(self.chosen)

    def take(self, values: Tensor) -> Tensor:
        """``[B, S] -> [n]``: the values of the transitions, row by row."""
        return self.pick(values[slice(*self.rows), slice(*self.steps)])

    def pick(self, values: Tensor) -> Tensor:
        """``[rows, steps] -> [n]``, for values of the range."""
        flat = values.flatten()
        return flat if self.chosen is None else flat[self.chosen]

    def at(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Row and step in the batch of several transitions."""
        flat = index if self.chosen is None else self.chosen[index]
        width = self.steps[1] - self.steps[0]
        return self.rows[0] + flat // width, self.steps[0] + flat % width

    def of(self, index: int) -> tuple[int, int]:
        """Row and step in the batch of one transition."""
        flat = index if self.chosen is None else int(self.chosen[index])
        row, step = divmod(flat, self.steps[1] - self.steps[0])
        return self.rows[0] + row, self.steps[0] + step
