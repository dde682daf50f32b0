"""Reassemble consecutive windows into a stream, which the data-only rules examine.

Windows that continue one another are a run. Rows of the runs, one run after the other, are counted through; a row that
two chained windows share counts once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from tensordict import TensorDictBase
from torch import Tensor
from torch.nn.functional import pad

from mouse.mapping.apply import Plan
from mouse.mapping.rows import Rows

FEWEST = 1024
"""Rows of runs of one length that are looked at on their own: of fewer, rules see too little."""
MOST_VIEWS = 8
"""Lengths of runs that are looked at apart in a block."""


@dataclass(frozen=True)
class Stream:
    """The runs of consecutive windows of a shard."""

    plan: Plan
    first: Tensor
    """First window of each run, and behind the last one how many windows there are."""
    shared: int
    """Rows that a window has in common with the one before in its run: 1 where windows are chained."""

    @classmethod
    def of(cls, plan: Plan) -> "Stream | None":
        """Find the runs; None if no window continues another, or episode ends are unknown."""
        if "done" not in plan.columns or plan.facts is None:
            return None
        index, before = plan.rows.index, plan.rows.before
        chained = (index[1:, 0] == index[:-1, -1]) & (before[1:, 0] < 0)
        goes_on = chained | (before[1:, 0] == index[:-1, -1])
        if len(index) > 1 and not bool(goes_on.any()):
            return None
        first = pad((~goes_on).nonzero().flatten() + 1, (1, 0))
        return cls(plan, torch.cat([first, first.new_tensor([len(index)])]), int(chained.any()))

    @property
    def steps(self) -> int:
        """Steps per window."""
        return self.plan.rows.index.shape[1]

    @property
    def offsets(self) -> Tensor:
        """Row of the stream that each run begins with, and behind the last one how many rows there are."""
        lengths = self.first.diff() * (self.steps - self.shared) + self.shared
        return pad(lengths.cumsum(0), (1, 0))

    def segments(self, blocks: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Rows that belong to each block: from one end of an episode to another, both with it, or to that of a run.

        An episode that is longer than a block is cut with it.
        """
        done, offsets = self.plan.columns["done"], self.offsets
        ended = self.plan.rows.take(done.values, shifted=done.shifted) != 0
        if self.shared:
            once = torch.ones_like(ended)
            once[:, 0] = False
            once[self.first[:-1], 0] = True
            ended = ended[once]
        ended = ended.flatten()
        ended[offsets[1:] - 1] = True
        seams = ended.nonzero().flatten()
        stop = torch.tensor([stop for _start, stop in blocks])
        run = torch.searchsorted(self.first, stop) - 1
        last = offsets[run] + (stop - self.first[run]) * (self.steps - self.shared) + self.shared - 1
        nearest = seams[torch.searchsorted(seams, last)]
        cuts = torch.where(nearest <= torch.cat([last[1:], last[-1:]]), nearest, last)
        starts = pad(cuts[:-1] + torch.isin(cuts[:-1] + 1, offsets), (1, 0))
        return list(zip(cast("list[int]", starts.tolist()), cast("list[int]", (cuts + 1).tolist()), strict=True))

    def views(self, start: int, stop: int) -> Iterator[Tensor]:
        """Places ``[B, S]`` of some rows, run by run: step times sequence in the windows of the shard.

        Runs of one length stand side by side. A few short runs of some length would show rules little: of these, and of
        runs of one window, the windows stand side by side.
        """
        if stop - start < 2:
            return
        offsets = self.offsets
        runs = torch.arange(len(self.first) - 1)
        runs = runs[(offsets[1:] > start) & (offsets[:-1] < stop)]
        begin, end = offsets[runs].clamp_min(start), offsets[runs + 1].clamp_max(stop)
        is_cut = (begin > offsets[runs]) | (end < offsets[runs + 1])
        enough = max(FEWEST, (stop - start) // MOST_VIEWS)
        as_windows = torch.zeros_like(is_cut)
        for length in cast("list[int]", (end - begin).unique().tolist()):
            alike = ~is_cut & (end - begin == length)
            if length == self.steps or (len(runs) > 1 and int(alike.sum()) * length < enough):
                as_windows |= alike
            elif bool(alike.any()):
                yield self._places(begin[alike].unsqueeze(1) + torch.arange(length))
        for run in cast("list[int]", is_cut.nonzero().flatten().tolist()):
            yield self._places(torch.arange(int(begin[run]), int(end[run])).unsqueeze(0))
        if bool(as_windows.any()):
            of_run = torch.repeat_interleave(torch.arange(len(runs)), self.first[runs + 1] - self.first[runs])
            windows = int(self.first[runs[0]]) + as_windows[of_run].nonzero()
            yield windows * self.steps + torch.arange(self.steps)

    def _places(self, rows: Tensor) -> Tensor:
        """Where rows of the stream stand in the windows; one that two windows share, in the first of them."""
        offsets = self.offsets
        run = torch.searchsorted(offsets, rows, right=True) - 1
        step = rows - offsets[run]
        window = (step - self.shared).clamp_min(0) // (self.steps - self.shared)
        return (self.first[run] + window) * self.steps + step - window * (self.steps - self.shared)

    def take(self, places: Tensor) -> TensorDictBase:
        """What stands at places of the windows."""
        index, before, final = self.plan.rows.index, self.plan.rows.before, self.plan.rows.final
        chosen = None if final is None else final.flatten()[places]
        rows = Rows(index.flatten()[places], before.flatten()[places], chosen)
        return self.plan._replace(rows=rows).batch()[0]
