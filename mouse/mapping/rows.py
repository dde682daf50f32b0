"""Which row of a file each row of the batch shows: layout, order and windows, before any value is moved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.errors import BatchError, cut
from mouse.mapping.mapping import Mapping

PerRow = Int[Tensor, " row"]
ReadColumn = Callable[[str, str], Tensor]
"""Gives a whole-number column [N] of the file, by the field of the mapping that names it and its name."""


class Sequences(NamedTuple):
    """All rows of a file, sequence after sequence, each in order of time."""

    order: PerRow
    """Row of the file."""
    first: Bool[Tensor, " row"]
    """Whether a sequence begins."""

    @property
    def lengths(self) -> Int[Tensor, " sequence"]:
        """Rows of each sequence."""
        starts = self.first.nonzero().flatten()
        return torch.diff(starts, append=starts.new_tensor([len(self.order)]))


@dataclass(frozen=True)
class Rows:
    """Where the rows of a batch come from."""

    index: Int[Tensor, " batch step"]
    """Row of the file whose state is shown."""
    before: Int[Tensor, " batch step"]
    """Row of the file one step earlier in the same sequence; -1 where there is none."""

    def take(self, values: Tensor, *, shifted: bool) -> Tensor:
        """Bring the rows of a column into the batch; shifted, from one step earlier, and 0 where there is none.

        Shapes: ``values`` [N, ...]; result [B, S, ...].
        """
        if shifted:
            taken = values[self.before.clamp_min(0)]
            taken.unsqueeze(-1).view(torch.uint8)[self.before < 0] = 0  # as bytes: torch cannot fill every type
            return taken
        start = int(self.index[0, 0])
        consecutive = torch.arange(start, start + self.index.numel()).view_as(self.index)
        if self.index.equal(consecutive):  # then no copy is needed, which matters for images
            return values[start : start + self.index.numel()].reshape(*self.index.shape, *values.shape[1:])
        return values[self.index]


def in_order(mapping: Mapping, sizes: torch.Size, column: ReadColumn) -> Sequences:
    """Sort the rows of a file into sequences; a row's number counts through ``sizes``, [N] or the two of a layout.

    Raises:
        BatchError: steps of a sequence that do not go up by one number.
    """
    rows = torch.arange(sizes.numel())
    if mapping.layout == "items":
        return Sequences(rows, torch.ones_like(rows, dtype=torch.bool))
    if mapping.layout != "flat":
        by_sequence = rows.view(sizes) if mapping.layout == "sequences" else rows.view(sizes).T
        first = torch.zeros_like(by_sequence, dtype=torch.bool)
        first[:, :1] = True
        return Sequences(by_sequence.flatten(), first.flatten())
    if mapping.sequence is None:
        return Sequences(rows, rows == 0)
    ids = column("sequence", mapping.sequence)
    steps = None if mapping.step is None else column("step", mapping.step)
    order = rows if steps is None else steps.argsort(stable=True)
    order = order[ids[order].argsort(stable=True)]
    first = torch.ones_like(order, dtype=torch.bool)
    first[1:] = ids[order[1:]] != ids[order[:-1]]
    if steps is not None:
        _check_steps(steps[order], first, ids[order], mapping.step or "")
    return Sequences(order, first)


def _check_steps(steps: PerRow, first: Bool[Tensor, " row"], ids: PerRow, name: str) -> None:
    """Neighbours must be one step apart: a pair over a gap is no transition."""
    gaps = torch.diff(steps)[~first[1:]]
    if gaps.numel() == 0:
        return
    usual = int(gaps.median())
    wrong = (torch.diff(steps) != max(1, usual)) & ~first[1:]
    if bool(wrong.any()):
        row = int(wrong.nonzero()[0, 0])
        raise BatchError(
            "mapping.step",
            f"{name} {int(steps[row])} and then {int(steps[row + 1])} in sequence {int(ids[row])}",
            f"steps that go up by {max(1, usual)}",
            "remove rows that stand twice, split sequences at gaps, or leave step out if the file is in order",
        )


def windows(sequences: Sequences, mapping: Mapping) -> Rows:
    """Cut sequences into windows of one length; what is left over at the end of a sequence is left out.

    Raises:
        BatchError: sequences of several lengths and no length to cut them to, or one longer than all of them.
    """
    first = sequences.first
    if mapping.windows == "across":
        first = torch.zeros_like(first)
        first[:1] = True
    lengths = Sequences(sequences.order, first).lengths
    length = _length(lengths, mapping)
    per_sequence = lengths // length
    starts = first.nonzero().flatten()
    count = torch.arange(int(per_sequence.sum()))
    skipped = (per_sequence.cumsum(0) - per_sequence).repeat_interleave(per_sequence)
    begin = starts.repeat_interleave(per_sequence) + (count - skipped) * length
    position = begin.unsqueeze(1) + torch.arange(length)
    earlier = torch.where(first[position], -1, sequences.order[(position - 1).clamp_min(0)])
    return Rows(sequences.order[position], earlier)


def _length(lengths: Int[Tensor, " sequence"], mapping: Mapping) -> int:
    shortest, longest = int(lengths.min()), int(lengths.max())
    if mapping.length is not None and mapping.length > longest:
        raise BatchError(
            "mapping.length",
            cut(str(mapping.length), 20),
            f"at most {longest}, the longest sequence's steps",
            "cut shorter windows",
        )
    if mapping.length is not None:
        return mapping.length
    if shortest != longest:
        raise BatchError(
            "mapping.length",
            f"none, and sequences of {shortest} to {longest} steps",
            "the number of steps of a window",
            f"say one, such as {min(64, longest)}",
        )
    return longest
