"""Detect an unmarked time limit: episodes restart after a fixed number of steps."""

from typing import NamedTuple, cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.evidence.restarts import binomial_tail

MIN_BEGUN = 5
"""Known first observations of episodes, to tell where they begin."""
MIN_HITS = 5
MIN_SEEN = 4
"""Other pairs that leave the same observation, to tell where it usually leads."""
MOSTLY = 0.9
"""Share of the steps at a limit that lead to a first observation."""
MAX_CHANCE = 1e-6
"""Probability up to which so many steps would lead there from the same observations at any other time."""


class Limit(NamedTuple):
    """A number of steps after which episodes restart."""

    steps: int
    cut: Bool[Tensor, " pair"]
    """Pairs that lead from one episode to the next."""


def find_limit(
    shown: Int[Tensor, " row"], begins: Bool[Tensor, " row"], running: Bool[Tensor, " pair"]
) -> Limit | None:
    """Find an unmarked time limit; None if there is none, or it cannot be decided.

    A pair is compared with others that leave the same observation at other ages of an episode: a world that leads back
    to its first observation does so at any age.

    Formula: of n pairs at one age h lead to a first observation, with probability p each elsewhere; they are cut where
    ``P(Binomial(n, p) >= h) <= 1e-6`` and h / n is 0.9 at least.

    Shapes: codes of observations [N], begins [N]: rows that are known to begin an episode, running [N-1]: pairs without
    an end.
    """
    if int(begins.sum()) < MIN_BEGUN:
        return None
    first = torch.zeros(int(shown.max()) + 1, dtype=torch.bool)
    first[shown[begins]] = True
    row = torch.arange(len(shown))
    age = (row - torch.where(begins, row, 0).cummax(dim=0).values)[1:]
    back = first[shown[1:]]
    hits, seen = (torch.bincount(age[each]) for each in (running & back, running))
    likely = (hits >= MIN_HITS) & (hits >= MOSTLY * seen[: len(hits)])
    for steps in cast("list[int]", likely.nonzero().flatten().tolist()):
        later = running & (age % steps == 0)
        if _is_limit(shown[:-1], back, running & (age == steps), running & ~later):
            return Limit(steps, later & back)
    return None


def _is_limit(left: Tensor, back: Tensor, at: Tensor, elsewhere: Tensor) -> bool:
    """Whether pairs at one age lead to a first observation, though pairs of the same observation do not elsewhere."""
    size = int(left.max()) + 1
    seen = torch.bincount(left[elsewhere], minlength=size)
    chance = torch.bincount(left[elsewhere & back], minlength=size).double().add(1) / (seen + 2)
    known = at & (seen[left] >= MIN_SEEN)
    count, hits = int(known.sum()), int((known & back).sum())
    if hits < MIN_HITS or hits < MOSTLY * count:
        return False
    return binomial_tail(hits, count, float(chance[left[known]].mean())) <= MAX_CHANCE
