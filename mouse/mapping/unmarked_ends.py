"""Detect unmarked ends: running steps of a file that its dynamics do not explain."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.agreement import codes, disagreement, pair_codes
from mouse.evidence.bursts import resumed_pairs
from mouse.evidence.dynamics import MAX_NUMBERS
from mouse.evidence.jumps import FAR, Jumps, jumps
from mouse.evidence.limits import find_limit
from mouse.evidence.restarts import restarts
from mouse.evidence.sampling import row_numbers
from mouse.mapping.columns import Column
from mouse.mapping.gaps import Gaps

MOST_ROWS = 1 << 15
"""First rows of a file that are looked at for environments in turn, and for a time limit."""
RARE = 0.1
"""Share of steps that contradict others, above which a world is random."""


class JudgedSteps(NamedTuple):
    """Steps of a file without next observations, beside what others of its world do."""

    jumps: Jumps
    """Of its rows in order of time, as one sequence."""
    obs: Tensor
    """In the same order, [N, ...]."""
    action: Tensor
    """Of the step from each row to the next one, [N-1]."""


def judged_steps(found: Gaps, columns: Mapped[str, Column], obs: Tensor) -> JudgedSteps | None:
    """Judge running steps of a file; None where its next observations tell, or nothing does."""
    action = columns.get("action")
    if action is None or found.order_evidence is not None:
        return None
    running = _running(found).unsqueeze(0)
    shown, taken = found.sequences.in_order(obs), _actions(found, action)
    seen = jumps(shown.unsqueeze(0), taken.unsqueeze(0), running, running)
    return None if seen is None else JudgedSteps(seen, shown, taken)


def contradicting_steps(found: Gaps, steps: JudgedSteps) -> Bool[Tensor, " pair"]:
    """Steps unlike all equal ones, in a world that is not random: a model of numbers may err at their extremes."""
    nothing, seen = torch.zeros_like(found.ended), steps.jumps
    if seen.sizes is not None or seen.usual > RARE:
        return nothing
    running, shown = _running(found), codes(steps.obs)
    step = pair_codes(shown[:-1][running], codes(steps.action[running]))
    after = shown[1:][running]
    if float(disagreement(step, after).nanmean()) > RARE:
        return nothing
    begins = torch.zeros(int(shown.max()) + 1, dtype=torch.bool)
    begins[shown[found.sequences.first]] = True
    begins[shown[1:][found.ended]] = True
    back = torch.zeros_like(running)
    back[running] = _restarts(step, after, begins[after])
    return seen.jumped[0] | back


def unmarked_restarts(found: Gaps, steps: JudgedSteps) -> Bool[Tensor, " pair"]:
    """Steps that lead by far from what a model of the change says to where episodes begin, as known ends tell."""
    nothing, seen = torch.zeros_like(found.ended), steps.jumps
    if seen.sizes is None:
        return nothing
    shown = steps.obs
    far = seen.jumped[0] & (seen.sizes[0] >= FAR)
    begun = shown[1:][found.ended & ~found.sequences.apart[1:] | found.sequences.first[1:]]
    back = restarts(shown[1:][far], begun, shown)
    return nothing if back is None else nothing.masked_scatter(far, back)


def resumed_steps(found: Gaps, columns: Mapped[str, Column], obs: Tensor | None) -> Bool[Tensor, " pair"]:
    """Steps that no step of the world explains, into rows that go on from an earlier such: environments in turn."""
    nothing = torch.zeros_like(found.ended)
    action = columns.get("action")
    if obs is None or action is None or found.order_evidence is not None:
        return nothing
    seen = slice(0, MOST_ROWS - 1)
    cut = resumed_pairs(_shown(found, obs), _actions(found, action)[seen], _running(found)[seen])
    if cut is not None:
        nothing[seen] = cut
    return nothing


def unmarked_limit(found: Gaps, obs: Tensor | None) -> tuple[int, Bool[Tensor, " pair"]] | None:
    """A number of steps after which episodes begin anew without an end, and where; observations must come again."""
    if obs is None or found.order_evidence is not None:
        return None
    number = codes(_shown(found, obs))
    begins = found.sequences.first[:MOST_ROWS].clone()
    begins[1:] |= found.ended[: MOST_ROWS - 1]
    comes_again = 2 * int(number.max()) < len(number)
    limit = find_limit(number, begins, _running(found)[: MOST_ROWS - 1]) if comes_again else None
    if limit is None:
        return None
    cut = torch.zeros_like(found.ended)
    cut[: MOST_ROWS - 1] = limit.cut
    return limit.steps, cut


def _shown(found: Gaps, obs: Tensor) -> Tensor:
    """First observations of a file in order; a large one as a number for each that differs in some of its numbers."""
    order, wide = found.sequences.order[:MOST_ROWS], row_numbers(obs)
    every = -(-wide.shape[1] // MAX_NUMBERS)
    return obs[order] if every <= 1 else codes(wide[:, ::every][order])


def _running(found: Gaps) -> Bool[Tensor, " pair"]:
    return ~found.sequences.first[1:] & ~found.ended


def _actions(found: Gaps, action: Column) -> Tensor:
    """The action of the step from each row to the next one."""
    taken = found.sequences.in_order(action.values)
    return taken[:-1] if action.shifted else taken[1:]


def _restarts(step: Tensor, after: Tensor, begins: Tensor) -> Tensor:
    """Steps that lead where episodes begin, alone among equal ones; of two that differ, the other does not.

    Shapes: codes of the observation and action, and of the next observation, [N]; begins bool [N] -> bool [N].
    """
    pair = pair_codes(step, after)
    alone = torch.bincount(pair)[pair] == 1
    elsewhere = torch.bincount(step, (~begins).double())[step] > 0
    return begins & alone & elsewhere
