"""With which state each field of a transition is stored, as far as the values prove it."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.ends import end_lag, shows_reached
from mouse.evidence.lags import action_lag, reward_lag
from mouse.mapping.apply import Plan
from mouse.mapping.ends import ENDS
from mouse.mapping.mapping import Alignment, Mapping

ALIGNMENTS: dict[int, Alignment] = {0: "leaves", 1: "arrives"}


class Proven(NamedTuple):
    """What the values prove."""

    of: dict[str, Alignment]
    """Alignment of each field that they prove."""
    odd: dict[str, int]
    """Fields that stand elsewhere: rows after the state that they leave."""
    free: frozenset[str]
    """Fields that never change, so that their alignment makes no difference."""


def proven(mapping: Mapping, tried: Plan, obs: Tensor) -> Proven:
    """Look at action, reward and ends, each by itself.

    Shapes: ``obs`` one entry per row of the file, [N, ...]; `tried` is any plan of the mapping, for order and gaps.
    """
    order, first, _apart = tried.gaps.sequences
    shown = obs[order]
    column = {name: each.values[order] for name, each in tried.columns.items()}
    end = column["done"] != 0 if "done" in column else torch.zeros_like(first)
    inside = ~first[1:] & ~tried.gaps.breaks
    running = inside & ~end[1:] & ~end[:-1]
    lags: dict[str, int | None] = {}
    if "action" in column:
        lags["action"] = action_lag(shown, column["action"], running).lag
    reward = column.get("reward")
    if reward is not None and not bool(reward.isnan().any()):
        acted = column.get("action", torch.zeros_like(order))
        acted = acted[1:] if lags.get("action") == 1 else acted[:-1]
        lags["reward"] = reward_lag(shown, acted, reward, running).lag
    if bool(end.any()):
        bounded = mapping.sequence is not None or mapping.step is not None or bool(tried.gaps.breaks.any())
        begins = first.clone()
        begins[1:] |= tried.gaps.breaks
        lags["done"] = _end_lag(shown, end, begins if bounded else torch.zeros_like(first), column, lags)
    free = {name for name in ("action", "reward") if name in column and _constant(column[name], running)}
    if "done" in column and not bool(end.any()):
        free.add("done")
    named = {target for target in ENDS if target in mapping.fields}
    said = {target: lag for name, lag in lags.items() for target in ({name} if name != "done" else named)}
    return Proven(
        {name: ALIGNMENTS[lag] for name, lag in said.items() if lag in ALIGNMENTS},
        {name: lag for name, lag in said.items() if lag is not None and lag not in ALIGNMENTS},
        frozenset({*free, *(named if "done" in free else ())}),
    )


def _end_lag(
    obs: Tensor,
    end: Bool[Tensor, " row"],
    first: Bool[Tensor, " row"],
    column: Mapped[str, Tensor],
    lags: Mapped[str, int | None],
) -> int | None:
    """By where sequences begin, where that is known, else by what episodes begin with."""
    if bool(first[1:].any()):
        begins, last = first & (torch.arange(len(first)) > 0), torch.cat([first[1:], first.new_ones(1)])
        at_begin, at_last = int((end & begins).sum()), int((end & last).sum())
        if at_begin > at_last:
            return 1
        if 2 * at_last < int(end.sum()):
            return None
    else:
        found = end_lag(obs, end)
        if found != 0:
            return found
    if lags.get("action") == 1:
        return 1
    action = column.get("action")
    if action is None:
        return None
    reached = shows_reached(obs, action, column.get("reward"), end, column["done"] == 1)
    return None if reached is None else int(reached)


def _constant(values: Tensor, running: Bool[Tensor, " pair"]) -> bool:
    """Whether a field is one value in all running steps, whichever row it stands with."""
    both = torch.cat([values[:-1][running], values[1:][running]])
    return bool(len(both)) and bool((both == both[0]).all())
