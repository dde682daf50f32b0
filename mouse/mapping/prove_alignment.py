"""Prove the alignment of each transition field by the values."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.bellman import value_lag
from mouse.evidence.ends import MIN_ENDS, end_lag, jump_lag, shows_next_state
from mouse.evidence.lags import action_lag, reward_lag
from mouse.mapping.apply import Plan
from mouse.mapping.ends import ENDS
from mouse.mapping.mapping import Alignment, Mapping
from mouse.mapping.names import names_start

ALIGNMENTS: dict[int, Alignment] = {0: "state", 1: "next_state"}


class ProvenAlignment(NamedTuple):
    """The proven alignments."""

    of: dict[str, Alignment]
    """Alignment of each field that they prove."""
    odd: dict[str, int]
    """Fields that stand elsewhere: rows after the state that they leave."""
    free: frozenset[str]
    """Fields that never change, so that their alignment makes no difference."""


PROVING = ("action", "reward", "done", "q_star")
"""Fields that are looked at beside the observation."""


def prove_alignment(mapping: Mapping, tried: Plan, obs: Tensor | None) -> ProvenAlignment:
    """Look at action, reward and ends, each by itself: at observations, and at optimal values where there are some.

    Shapes: ``obs`` one entry per row of the file, [N, ...]; `tried` is any plan of the mapping, for order and gaps.
    """
    sequences = tried.gaps.sequences
    first = sequences.first
    shown = None if obs is None else sequences.in_order(obs)
    column = {name: sequences.in_order(tried.columns[name].values) for name in PROVING if name in tried.columns}
    end = column["done"] != 0 if "done" in column else torch.zeros_like(first)
    inside = ~first[1:] & ~tried.gaps.breaks
    running = inside & ~end[1:] & ~end[:-1]
    lags = _step_lags(shown, column, running)
    if bool(end.any()):
        bounded = mapping.sequence is not None or mapping.step is not None or bool(tried.gaps.breaks.any())
        begins = first.clone()
        begins[1:] |= tried.gaps.breaks
        lags["done"] = (
            1  # the last step shows the state that is reached; a flag of first rows stands with the next episode's
            if mapping.step_types or names_start(mapping.fields.get("done", ""))
            else _end_lag(shown, begins if bounded else torch.zeros_like(first), column, lags, inside)
        )
    if "reward" in column and bool(first[1:].any()) and column["reward"].isnan().equal(first):
        lags["reward"] = 1  # no number where nothing led there
    free = {name for name in ("action", "reward") if name in column and _constant(column[name], running)}
    if "reward" in column and lags.get("reward") is None and not _constant(column["reward"], inside):
        lags["reward"] = _sparse_reward_lag(column["reward"], end, first, lags.get("done"))
        free.discard("reward")
    if "done" in column and not bool(end.any()):
        free.add("done")
    named = {target for target in ENDS if target in mapping.fields}
    known = {target: lag for name, lag in lags.items() for target in ({name} if name != "done" else named)}
    return ProvenAlignment(
        {name: ALIGNMENTS[lag] for name, lag in known.items() if lag in ALIGNMENTS},
        {name: lag for name, lag in known.items() if lag is not None and lag not in ALIGNMENTS},
        frozenset({*free, *(named if "done" in free else ())}),
    )


def _step_lags(
    obs: Tensor | None, column: Mapped[str, Tensor], running: Bool[Tensor, " pair"]
) -> dict[str, int | None]:
    """Rows after the state that is left at which action and reward stand; None where nothing tells."""
    lags: dict[str, int | None] = {}
    action, reward = column.get("action"), column.get("reward")
    if obs is not None and action is not None:
        lags["action"] = action_lag(obs, action, running).lag
    if obs is not None and reward is not None and not bool(reward.isnan().any()):
        acted = action if action is not None else torch.zeros_like(reward, dtype=torch.int64)
        lags["reward"] = reward_lag(obs, _acted(acted, lags), reward, running).lag
    if action is not None and reward is not None and lags.get("action") is None and "q_star" in column:
        both = value_lag(column["q_star"], action, reward, running).lag
        lags = {"action": both, "reward": both if lags.get("reward") is None else lags["reward"]}
    return lags


def _acted(action: Tensor, lags: Mapped[str, int | None]) -> Tensor:
    """The action of the step from each row to the next one."""
    return action[1:] if lags.get("action") == 1 else action[:-1]


def _end_lag(
    obs: Tensor | None,
    first: Bool[Tensor, " row"],
    column: Mapped[str, Tensor],
    lags: Mapped[str, int | None],
    inside: Bool[Tensor, " pair"],
) -> int | None:
    """By where sequences begin, where that is known, else by what episodes begin with."""
    end = column["done"] != 0
    if bool(first[1:].any()):
        begins, last = first & (torch.arange(len(first)) > 0), torch.cat([first[1:], first.new_ones(1)])
        at_begin, at_last = int((end & begins).sum()), int((end & last).sum())
        if at_begin > at_last:
            return 1
        if 2 * at_last < int(end.sum()):
            return None
    else:
        found = None if obs is None else end_lag(obs, end)
        if found is None and obs is not None and lags.get("action") in ALIGNMENTS:
            found = jump_lag(obs, _acted(column["action"], lags), end, inside)
        if found != 0:
            return found
    if lags.get("action") == 1:
        return 1
    action = column.get("action")
    if action is None or obs is None:
        return None
    reward = column.get("reward") if lags.get("reward") != 1 else None  # a reward that led to a last row is no zero
    if reward is not None and lags.get("reward") is None and _at_ends(reward, end):
        reward = None
    reached = shows_next_state(obs, action, reward, end, column["done"] == 1)
    return None if reached is None else int(reached)


def _unusual(reward: Tensor) -> Bool[Tensor, " row"]:
    """Rows of rewards other than the usual one."""
    return reward != reward.mode().values


def _at_ends(reward: Tensor, end: Bool[Tensor, " row"]) -> bool:
    """Whether rewards other than the usual one stand in the rows of ends alone."""
    return not bool((_unusual(reward) & ~end).any())


def _sparse_reward_lag(
    reward: Tensor, end: Bool[Tensor, " row"], first: Bool[Tensor, " row"], end_lag: int | None
) -> int | None:
    """Rows after the state that is left at which rewards stand that ordinary steps do not vary in.

    Rewards of ends alone stand with the ends, or one row before; zeros in first rows alone, where nothing led there.
    """
    unusual = _unusual(reward)
    if int(unusual.sum()) < MIN_ENDS:
        return None
    if bool(reward[~unusual].any()):
        return 1 if unusual.equal(first) and not bool(reward[unusual].any()) else None
    if end_lag is None or _at_ends(reward, end):
        return end_lag
    before = torch.cat([end[1:], end.new_zeros(1)])
    return 0 if end_lag == 1 and _at_ends(reward, before) else None


def _constant(values: Tensor, running: Bool[Tensor, " pair"]) -> bool:
    """Whether a field is one value in all running steps, whichever row it stands with."""
    both = torch.cat([values[:-1][running], values[1:][running]])
    return bool(len(both)) and bool((both == both[0]).all())
