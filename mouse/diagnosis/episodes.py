"""Where episodes end and begin anew, read from done codes, step counters and rewards."""

from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

MIN_STEPS = 3
MIN_RUNS = 3
ALIKE = 0.5
"""Share of the ends that are marked in the same number of rows at least."""
CHANCE = 0.01
"""Largest probability, under ordinary rows, of what is taken for reset rows."""


def repeated_ends(end: Tensor, time: Tensor | None) -> int:
    """Over how many rows each end is told while `time` goes on, as steps are that sum their rewards over n; else 1.

    Shapes: end bool [B, S], time [B, S].
    """
    if time is None or end.shape[1] < MIN_STEPS:
        return 1
    row, before = (end[:, 1:-1] & ~end[:, :-2]).nonzero(as_tuple=True)
    start = before + 1
    place = torch.arange(end.shape[1], device=end.device)
    stop = torch.where(end, end.shape[1], place).flip(1).cummin(1).values.flip(1)[row, start]
    seen = stop < end.shape[1]
    row, start, length = row[seen], start[seen], (stop - start)[seen]
    if len(length) < MIN_RUNS:
        return 1
    usual = int(length.mode().values)
    goes_on = (time[row, start] > 0) & (time[row, start + 1] == time[row, start] + 1)
    alike = (length == usual) & goes_on
    return usual if usual > 1 and float(alike.double().mean()) > ALIKE else 1


class Episodes:
    """Ends, resets and lengths of the episodes of a batch.

    Libraries record in one of two layouts. With reset rows, an end is followed by a row that holds only the first
    observation of the next episode: the pair of the two is no transition of the environment. Without reset rows, the
    row of the end already shows that observation, and the next pair is the first transition of the next episode.

    Where rewards are summed over n steps, each of the last n steps of an episode says that it ends: that is one end.
    """

    def __init__(
        self, done: Tensor, time: Tensor | None, reward: Tensor | None, repeated: Tensor | None = None
    ) -> None:
        self.time = time
        self.reward = reward
        self.repeated = repeated
        flags = done != 0
        self.n_steps = repeated_ends(flags, time)
        self.end = flags if self.n_steps == 1 else flags & ~pad(flags[:, 1:], (0, 1))

    @property
    def after_end(self) -> Tensor:
        """Pairs (t, t+1) whose first row ends an episode, ``[B, S-1]``."""
        return self.end[:, :-1]

    @cached_property
    def reset_pairs(self) -> Tensor | None:
        """Pairs that lead from an end to a reset row, ``[B, S-1]``; None where the batch does not tell."""
        if not bool(self.after_end.any()):
            return self.after_end
        if self.time is not None:
            return self.after_end & (self.time[:, 1:] == 0) & (self.time[:, :-1] != 0) & ~self.end[:, 1:]
        if bool((self.after_end & self.end[:, 1:]).any()):
            return torch.zeros_like(self.after_end)
        return self._by_reward()

    def _by_reward(self) -> Tensor | None:
        """Reset rows have no reward: evidence where other rows have one."""
        if self.reward is None:
            return None
        zero = self.reward[:, 1:] == 0
        if not bool(zero[self.after_end].all()):
            return torch.zeros_like(self.after_end)
        others = zero[~self.after_end & ~self.end[:, 1:]]
        share = float(others.double().mean()) if others.numel() else 1.0
        return self.after_end if share ** int(self.after_end.sum()) < CHANCE else None

    @property
    def no_transition(self) -> Tensor:
        """Pairs that are or may be no transition of the environment, ``[B, S-1]``."""
        return self.after_end if self.reset_pairs is None else self.reset_pairs

    @cached_property
    def reset_rows(self) -> Tensor:
        """Rows that hold no action and no reward of an episode, ``[B, S]``."""
        first = torch.zeros_like(self.end[:, :1]) if self.time is None else (self.time[:, :1] == 0) & ~self.end[:, :1]
        return torch.cat([first, self.no_transition], dim=1)

    @property
    def whole(self) -> tuple[Tensor, Tensor]:
        """Row and step of the ends of the episodes whose length is known: by their beginning, or by `time`."""
        return self._whole[0], self._whole[1]

    @property
    def lengths(self) -> Tensor:
        """Number of transitions of each of these episodes."""
        return self._whole[2]

    @cached_property
    def _whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Row and step of each end whose length is known, and the number of transitions up to it."""
        end = self.end if self.repeated is None else self.end & ~self.repeated.unsqueeze(1)
        row, step = end.nonzero(as_tuple=True)
        start = torch.full_like(step, -1)
        start[1:] = torch.where(row[1:] == row[:-1], step[:-1], -1)
        began = self.time[row, 0] == 0 if self.time is not None else torch.zeros_like(row, dtype=torch.bool)
        whole = (start >= 0) | (began & ~self.end[row, 0])
        reset = pad(self.no_transition, (0, 1))[row, start.clamp_min(0)]
        length = (step - start.clamp_min(0) - (reset & (start >= 0)).long()).clamp_min(1)
        counted = self._counted(row, step)
        if counted is not None and torch.equal(counted[whole], length[whole]):
            whole, length = (step > 0) & (counted > 0), counted
        return row[whole], step[whole], length[whole]

    def _counted(self, row: Tensor, step: Tensor) -> Tensor | None:
        """Length of the episode that ends there by the counter of the row before; None where it never begins anew."""
        if self.time is None or not bool(((self.time[:, 1:] >= 0) & (self.time[:, 1:] < self.time[:, :-1])).any()):
            return None
        return self.time[row, (step - 1).clamp_min(0)].long() + 1
