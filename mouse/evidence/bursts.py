"""Detect interleaved bursts: several environments that each write some steps in turn."""

from collections.abc import Callable
from typing import NamedTuple, cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.evidence.agreement import codes, pair_codes
from mouse.evidence.dynamics import FLOOR, MAX_NUMBERS, OUTLIER, columns_of, features, residual
from mouse.evidence.restarts import binomial_tail

MIN_PAIRS = 64
KNOWN = 2
"""Other steps from the same observation by the same action, to say that none leads where this one does."""
RARE = 0.1
"""Share of the steps from one observation by one action that lead elsewhere than any step of the world, at most."""
ROUNDS = 6
"""Of fitting a model to the half of the steps that it fits best: breaks have no say in it."""
MAX_BREAKS = 2048
NEAR = (2, 4, 8, 16, 32)
"""Of so many breaks before one, a row may go on: twice as many as there are environments, about."""
MAX_CHANCE = 1e-5
"""Probability up to which breaks go on before so much more often than after, by chance."""

Rows = Int[Tensor, " row"]
Leads = Callable[[Rows, Rows], Bool[Tensor, " row"]]
"""Whether steps of the world lead from some rows, by their actions, to others."""


def resumed_pairs(obs: Tensor, action: Tensor, running: Bool[Tensor, " pair"]) -> Bool[Tensor, " pair"] | None:
    """Find pairs of rows that are no step of the world, where the second one goes on from the first of an earlier such.

    None where the rows are not those of several environments in turn, or nothing tells. Rows that are left later lie
    as near, and are as rare, but nothing can go on from them yet: they tell how often rows seem to by chance.

    Shapes: obs [N, ...], action [N-1] of the step from row t to row t+1, running [N-1]: pairs without an end.
    """
    if int(running.sum()) < MIN_PAIRS:
        return None
    found = _by_equality(codes(obs), codes(action), running)
    if found is None and obs.is_floating_point() and obs[0].numel() <= MAX_NUMBERS and bool(obs.isfinite().all()):
        found = _by_model(obs.flatten(1) if obs.dim() > 1 else obs.unsqueeze(1), action, running)
    if found is None:
        return None
    breaks, leads = found
    rows = breaks.nonzero().flatten()[:MAX_BREAKS]
    before, after = (_reached(rows, leads, sign) for sign in (-1, 1))
    for near in NEAR:
        back, ahead = (each[:near].any(dim=0) for each in (before, after))
        only_back, only_ahead = int((back & ~ahead).sum()), int((ahead & ~back).sum())
        if binomial_tail(only_back, only_back + only_ahead, 0.5) <= MAX_CHANCE:
            cut = torch.zeros_like(breaks)
            cut[rows[back]] = True
            return cut
    return None


def _reached(rows: Rows, leads: Leads, sign: int) -> Bool[Tensor, "near row"]:
    """Whether the row after each break goes on from the row of another one, so many breaks before or after."""
    found = torch.zeros(max(NEAR), len(rows), dtype=torch.bool)
    for distance in range(1, min(max(NEAR), len(rows) - 1) + 1):
        here = slice(distance, None) if sign < 0 else slice(0, -distance)
        there = slice(0, -distance) if sign < 0 else slice(distance, None)
        found[distance - 1, here] = leads(rows[there], rows[here] + 1)
    return found


class _Outcomes(NamedTuple):
    """Counts of the outcomes of steps."""

    step: Int[Tensor, " pair"]
    """Number of each observation and action."""
    shown: Int[Tensor, " row"]
    outcomes: Int[Tensor, " outcome"]
    """Step and observation that it led to, as one number, in ascending order."""
    counts: Int[Tensor, " outcome"]
    seen: Int[Tensor, " step"]
    """How often each step was taken."""

    def rare(self, before: Rows, after: Rows) -> Bool[Tensor, " row"]:
        """Whether the steps of some rows lead to others hardly ever."""
        outcome = self.step[before] * (self.shown.max() + 1) + self.shown[after]
        place = torch.searchsorted(self.outcomes, outcome).clamp_max(len(self.outcomes) - 1)
        count = torch.where(self.outcomes[place] == outcome, self.counts[place], 0)
        return (count < KNOWN) | (count < RARE * self.seen[self.step[before]])

    def lead(self, before: Rows, after: Rows) -> Bool[Tensor, " row"]:
        """Whether they lead there more often."""
        return ~self.rare(before, after)


def _by_equality(shown: Tensor, acted: Tensor, running: Tensor) -> tuple[Tensor, Leads] | None:
    """By steps that come again; None where too few do."""
    step = pair_codes(shown[:-1], acted)
    seen = torch.bincount(step[running], minlength=int(step.max()) + 1)
    judged = running & (seen[step] > KNOWN)
    if 2 * int(judged.sum()) < int(running.sum()):
        return None
    outcome = (step * (shown.max() + 1) + shown[1:])[running]
    outcomes, counts = cast("tuple[Tensor, Tensor]", torch.unique(outcome, return_counts=True))
    known, every = _Outcomes(step, shown, outcomes, counts, seen), torch.arange(len(step))
    return judged & known.rare(every, every + 1), known.lead


def _by_model(obs: Tensor, action: Tensor, running: Tensor) -> tuple[Tensor, Leads] | None:
    """By a model of the change; None where actions are too many to tell apart."""
    columns = columns_of(action)
    if columns is None:
        return None
    wide = obs.double()
    change = wide.diff(dim=0)
    spread = change[running].abs().mean(dim=0).clamp_min(torch.finfo(torch.float64).tiny)
    known, change = features(obs[:-1], columns), change / spread
    used, left, median = running, change, FLOOR
    for _ in range(ROUNDS):
        left = residual(known, change, used)
        away = left.square().sum(dim=1).sqrt()
        median = max(float(away[running].median()), FLOOR)
        used = running & (away <= median)
    expected = wide[:-1] / spread + change - left

    def leads(before: Tensor, after: Tensor) -> Tensor:
        return (wide[after] / spread - expected[before]).square().sum(dim=1).sqrt() <= OUTLIER * median

    return running & (left.square().sum(dim=1).sqrt() > OUTLIER * median), leads
