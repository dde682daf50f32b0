"""What observations say of the rows: which of them follow one another, and with which row an action stands."""

from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.evidence.causes import action_cause
from mouse.evidence.jumps import Jumps, jumps
from mouse.evidence.lags import UNKNOWN, LagEvidence, action_lag, reward_lag

if TYPE_CHECKING:
    from mouse.diagnosis.case import Case

ROWS = 2**15
NUMBERS = 2**22
"""Rows, and numbers of observations, that are looked at: whole sequences, spread over the batch."""
CONVENTION = 1
"""Rows from the observation that a step leaves to its action and reward, in a batch."""


class Dynamics:
    """Observations beside actions and ends, of as many sequences as can be looked at.

    Raises:
        RuleSkipped: observations or actions are missing.
    """

    def __init__(self, case: "Case") -> None:
        observations, action = case.observations, case.taken
        if observations is None:
            raise RuleSkipped("observations")
        self.shape = rows, steps = tuple(action.shape[:2])
        most = min(ROWS, NUMBERS // max(1, observations[0, 0].numel()))
        self.every = max(1, -(-rows * steps // max(most, steps)))
        done = case.optional("done")
        self.obs, self.action = observations[:: self.every], action[:: self.every]
        none = torch.zeros(self.action.shape[:2], dtype=torch.bool, device=action.device)
        self.end = none if done is None else done[:: self.every] != 0
        reward = case.optional("reward")
        self.reward = None if reward is None else reward[:: self.every]

    @property
    def running(self) -> Tensor:
        """Pairs of rows neither of which ends an episode, ``[B, S-1]`` of those that are looked at."""
        return ~self.end[:, :-1] & ~self.end[:, 1:]

    @cached_property
    def action_lag(self) -> LagEvidence:
        """With which row the action of a step stands."""
        return action_lag(self.obs, self.action, self.running)

    @cached_property
    def action_cause(self) -> LagEvidence:
        """The same, where the action alone does not settle the step but goes with both of its ends."""
        return action_cause(self.obs, self.action, self.running)

    @property
    def action_row(self) -> int | None:
        """With which row the action of a step stands, by either; None where nothing tells."""
        return self.action_lag.lag if self.action_lag.lag is not None else self.action_cause.lag

    @cached_property
    def reward_lag(self) -> LagEvidence:
        """With which row the reward of a step stands, where it is known with which its action does."""
        if self.reward is None or self.action_row is None:
            return UNKNOWN
        return reward_lag(self.obs, self._acted, self.reward, ~self.end[:, :-1])

    @cached_property
    def jumps(self) -> Jumps | None:
        """Between which rows observations jump, of all pairs; None where the world is not predictable enough."""
        if self.action_lag.lag is None:
            return None
        every = torch.ones_like(self.running)
        return jumps(self.obs, self._acted, self.running, every)

    @property
    def _acted(self) -> Tensor:
        """The action of each pair's step, wherever it stands."""
        return self.action.roll(-(self.action_row or 0), 1)[:, :-1]

    def expand(self, mask: Tensor) -> Tensor:
        """A mask of the pairs or rows that are looked at as one of all of them."""
        found = torch.zeros(self.shape[0], mask.shape[1], dtype=torch.bool, device=mask.device)
        found[:: self.every] = mask
        return found
