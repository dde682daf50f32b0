"""The windows of a stream."""

import torch
from jaxtyping import Int
from torch import Tensor

from mouse.errors import BatchError


def window_starts(
    steps: int, length: int, stride: int, ids: Int[Tensor, " step"] | None = None
) -> Int[Tensor, " window"]:
    """First step of every window of `length` steps, in order, `stride` steps apart; none crosses a change of `ids`.

    Windows are counted anew from the first step of each sequence; steps at its end that fill no window are left over.

    Raises:
        BatchError: (a ValueError) no sequence is as long as a window.
    """
    bounds = _bounds(steps, ids)
    first, room = bounds[:-1], bounds.diff() - length
    if not (room >= 0).any():
        longest = int(bounds.diff().max()) if steps else 0
        found, expected = f"{length:,} steps", f"at most {longest:,}, the steps of the longest sequence"
        raise BatchError("length", found, expected, "shorten the windows or give more steps")
    count = torch.where(room >= 0, room // stride + 1, 0)
    within = torch.arange(int(count.sum())) - (count.cumsum(0) - count).repeat_interleave(count)
    return first.repeat_interleave(count) + within * stride


def covered(starts: Int[Tensor, " window"], steps: int, length: int) -> int:
    """Number of steps that lie in at least one window."""
    change = torch.zeros(steps + 1, dtype=torch.int64)
    change.index_add_(0, starts, torch.ones_like(starts))
    change.index_add_(0, starts + length, -torch.ones_like(starts))
    return int((change.cumsum(0) > 0).sum())


def _bounds(steps: int, ids: Int[Tensor, " step"] | None) -> Int[Tensor, " bound"]:
    """Starts of the sequences, and the end of the last one."""
    if ids is None or steps == 0:
        return torch.tensor([0, steps])
    changes = torch.where(ids[1:] != ids[:-1])[0] + 1
    return torch.cat([changes.new_zeros(1), changes, changes.new_full((1,), steps)])
