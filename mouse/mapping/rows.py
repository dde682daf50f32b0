"""Map rows of the batch to rows of the file: layout and order, before any value is copied."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.errors import BatchError
from mouse.evidence.counters import counter_continues, counter_restarts, in_runs
from mouse.mapping.mapping import Mapping

PerRow = Int[Tensor, " row"]
ReadColumn = Callable[[str, str], Tensor]
"""Gives a whole-number column [N] of the file, by the field of the mapping that names it and its name."""


class Sequences(NamedTuple):
    """Rows of a file, sequence after sequence, each in order of time."""

    order: PerRow
    """Row of the file."""
    first: Bool[Tensor, " row"]
    """Whether a sequence begins."""
    apart: Bool[Tensor, " row"]
    """Whether one of another environment begins: it does not go on after an end of the one before."""

    @property
    def lengths(self) -> Int[Tensor, " sequence"]:
        """Rows of each sequence."""
        starts = self.first.nonzero().flatten()
        return torch.diff(starts, append=starts.new_tensor([len(self.order)]))

    def in_order(self, values: Tensor) -> Tensor:
        """Entries of a field for each row, sorted so, without a copy where the file is in order: a file may be large.

        Shapes: values [N, ...] -> [M, ...].
        """
        start, count = (int(self.order[0]) if len(self.order) else 0), len(self.order)
        if self.order.equal(torch.arange(start, start + count)):
            return values[start : start + count]
        return values[self.order]

    def only(self, rows: Bool[Tensor, " row"]) -> "Sequences":
        """Keep some rows of the file; where others lay between two, a sequence begins."""
        place = rows[self.order].nonzero().flatten()
        number = self.first.cumsum(0)[place]
        begins = torch.ones_like(place, dtype=torch.bool)
        begins[1:] = (number.diff() != 0) | (place.diff() != 1)
        parted = self.apart.cumsum(0)[place].diff() != 0
        return Sequences(self.order[place], begins, torch.cat([parted.new_zeros(min(1, len(place))), parted]))


@dataclass(frozen=True)
class Rows:
    """Where the rows of a batch come from."""

    index: Int[Tensor, " batch step"]
    """Row of the file whose state is shown."""
    before: Int[Tensor, " batch step"]
    """Row of the file one step earlier in the same sequence; -1 where there is none."""
    final: Bool[Tensor, " batch step"] | None = None
    """Which rows show the next state of a row of the file instead, as the last of a sequence; None where none does."""

    def take(self, values: Tensor, *, shifted: bool, next_state: Tensor | None = None) -> Tensor:
        """Bring the rows of a column into the batch; shifted, from one step earlier, and 0 where there is none.

        Shapes: ``values`` and ``next_state``, what final rows show, [N, ...]; result [B, S, ...].
        """
        if shifted:
            taken = values[self.before.clamp_min(0)]
            taken.unsqueeze(-1).view(torch.uint8)[self.before < 0] = 0  # as bytes: torch cannot fill every type
            return taken
        start = int(self.index[0, 0])
        consecutive = torch.arange(start, start + self.index.numel()).view_as(self.index)
        if self.index.equal(consecutive):  # then no copy is needed, which matters for images
            return values[start : start + self.index.numel()].reshape(*self.index.shape, *values.shape[1:])
        taken = values[self.index]
        if self.final is not None and next_state is None:
            taken.unsqueeze(-1).view(torch.uint8)[self.final] = 0
        elif self.final is not None and next_state is not None:
            taken[self.final] = next_state[self.index[self.final]].to(taken.dtype)
        return taken


def in_order(mapping: Mapping, sizes: torch.Size, column: ReadColumn) -> Sequences:
    """Sort the rows of a file into sequences; a row's number counts through ``sizes``, [N] or the two of a layout.

    A sequence begins wherever an environment, a sequence or a step does not go on.

    Raises:
        BatchError: a step that stands twice in a sequence.
    """
    rows = torch.arange(sizes.numel())
    if mapping.layout in {"items", "transitions"}:
        return Sequences(rows, torch.ones_like(rows, dtype=torch.bool), torch.zeros_like(rows, dtype=torch.bool))
    if mapping.layout != "flat":
        by_sequence = rows.view(sizes) if mapping.layout == "sequences" else rows.view(sizes).T
        first = torch.zeros_like(by_sequence, dtype=torch.bool)
        first[:, :1] = True
        return Sequences(by_sequence.flatten(), first.flatten(), torch.zeros_like(first).flatten())
    environment, ids, steps = (
        None if source is None else column(where, source)
        for where, source in (
            ("environment", mapping.environment),
            ("sequence", mapping.sequence),
            ("step", mapping.step),
        )
    )
    if environment is None and mapping.num_envs > 1:
        environment = rows % mapping.num_envs
    if environment is None and ids is not None and (anew := counter_restarts(ids)) is not None:
        environment = anew.cumsum(0)
    order = rows if steps is None or ids is None else steps.argsort(stable=True)
    for number in (ids, environment):
        if number is not None and (steps is not None or not in_runs(number[order])):
            order = order[number[order].argsort(stable=True)]
    first, apart = rows == 0, torch.zeros_like(rows, dtype=torch.bool)
    if environment is not None:
        apart[1:] = environment[order].diff() != 0
    if ids is not None:
        first[1:] |= ids[order].diff() != 0
    first |= apart
    if steps is not None:
        if ids is not None:
            _check_twice(steps[order], first, ids[order], mapping.step or "")
        first[1:] |= ~goes_on_within(steps[order], first)
    return Sequences(order, first, apart)


def goes_on_within(steps: PerRow, first: Bool[Tensor, " row"]) -> Bool[Tensor, " pair"]:
    """Where a counter goes on; within sequences alone it is told how much a step is."""
    change = steps.diff()
    inside = change[~first[1:] & (change > 0)]
    return change == int(inside.mode().values) if len(inside) else counter_continues(steps)


def _check_twice(steps: PerRow, first: Bool[Tensor, " row"], ids: PerRow, name: str) -> None:
    """Of two rows of one step, nothing tells which one the next row follows."""
    twice = (torch.diff(steps) == 0) & ~first[1:]
    if bool(twice.any()):
        row = int(twice.nonzero()[0, 0])
        raise BatchError(
            "mapping.step",
            f"{name} {int(steps[row])} and then {int(steps[row + 1])} in sequence {int(ids[row])}",
            "each step once in a sequence",
            "remove duplicate rows, or leave step unmapped if the file is in order",
        )
