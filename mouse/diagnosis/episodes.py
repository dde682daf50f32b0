"""Where episodes end and begin anew, read from done codes, step counters and rewards."""

from functools import cached_property

import torch
from torch import Tensor

CHANCE = 0.01
"""Largest probability, under ordinary rows, of what is taken for reset rows."""


class Episodes:
    """Ends, resets and lengths of the episodes of a batch.

    Libraries record in one of two layouts. With reset rows, an end is followed by a row that holds only the first
    observation of the next episode: the pair of the two is no transition of the environment. Without reset rows, the
    row of the end already shows that observation, and the next pair is the first transition of the next episode.
    """

    def __init__(self, done: Tensor, time: Tensor | None, reward: Tensor | None) -> None:
        self.done = done
        self.time = time
        self.reward = reward
        self.end = done != 0

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
            return self.after_end & (self.time[:, 1:] == 0) & (self.time[:, :-1] != 0)
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
        """Row and step of the ends of the episodes that lie whole in a row."""
        return self._whole[0], self._whole[1]

    @property
    def lengths(self) -> Tensor:
        """Number of transitions of each of these episodes."""
        return self._whole[2]

    @cached_property
    def _whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Row and step of each end whose beginning is in the row too, and the number of transitions in between."""
        row, step = self.end.nonzero(as_tuple=True)
        start = torch.full_like(step, -1)
        start[1:] = torch.where(row[1:] == row[:-1], step[:-1], -1)
        began = self.time[row, 0] == 0 if self.time is not None else torch.zeros_like(row, dtype=torch.bool)
        whole = (start >= 0) | (began & ~self.end[row, 0])
        reset = torch.nn.functional.pad(self.no_transition, (0, 1))[row, start.clamp_min(0)]
        length = (step - start.clamp_min(0) - (reset & (start >= 0)).long()).clamp_min(1)
        return row[whole], step[whole], length[whole]
