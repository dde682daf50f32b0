"""Find the alignment of actions and rewards in a deterministic environment: only the right row explains the step."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from mouse.evidence.agreement import codes, disagreement, pair_codes
from mouse.evidence.dynamics import (
    FIT_ROWS,
    MAX_NUMBERS,
    OUTLIER,
    columns_of,
    features,
    mean_square,
    sizes,
    standardised,
)
from mouse.evidence.sampling import row_numbers, sample

LAGS = (-1, 0, 1, 2)
"""Rows after the observation that a step leaves: 0 with that observation, 1 with the one reached."""
MIN_PAIRS = 64
MIN_REWARDS = 8
"""Rewards other than the usual one."""
SAMPLES = 8192
NUMBERS = 2**22
"""How many numbers of observations are looked at."""
SETTLED = 0.9
"""Share of what is open that the right lag settles; it is 1 in a deterministic world."""
LEFT_OPEN = 0.25
"""Share that each other lag leaves open at least."""
OPEN = 0.02
"""What an observation leaves open at least, or there is nothing to settle."""
TELLING = 0.9
"""An action that the observation reached explains up to this share may have been chosen there."""

Unit = Literal["pairs", "variance"]


@dataclass(frozen=True)
class LagEvidence:
    """Evidence for the row of an action or reward, from the rows around a step."""

    lag: int | None
    """Rows from the observation that is left: 0 or 1 in ordinary recordings. None where no lag stands out."""
    explained: dict[int, float]
    """Share of what is open that each lag settles, near 0 where it settles nothing; empty where too little is seen."""
    unit: Unit
    """What is open: `pairs` of equal rows that are followed by different ones, or `variance` that a model leaves."""


UNKNOWN = LagEvidence(None, {}, "pairs")


def action_lag(obs: Tensor, action: Tensor, follows: Tensor) -> LagEvidence:
    """Find the row of the action that led from each observation to the next.

    Observations that come again are compared one with another; others, where they are numbers, by a linear model of
    their change. All lags are judged on the same steps.

    Shapes: obs [..., S, *shape], action [..., S] or [..., S, A], follows bool [..., S-1]: whether row t+1 comes after
    row t in the same episode. A flat table has S rows and no dimension before.

    Example:
        >>> action_lag(obs, action, done[:-1] == 0).lag
        0
    """
    step = surrounding_rows(inner_pairs(follows), obs)
    now, after, *actions = finite_rows(obs[step[0]], obs[step[1]], *(action[step[lag]] for lag in LAGS))
    if len(now) < MIN_PAIRS:
        return UNKNOWN
    by_pairs = _action_by_pairs(codes(now), codes(after), [codes(each) for each in actions])
    if by_pairs is not None:
        return by_pairs
    if not is_vector(now):
        return UNKNOWN
    now, after, *actions = fit_rows(now, after, *actions)
    return _action_by_variance(row_numbers(now), row_numbers(after), actions)


def reward_lag(obs: Tensor, action: Tensor, reward: Tensor, steps: Tensor) -> LagEvidence:
    """Find the row of the reward that was paid for a step: an observation, the action taken there, and where it led.

    Rewards that are the same in every step but not in every row stand with no step, and settle nothing.

    Shapes: obs [..., S, *shape], action [..., S-1] or [..., S-1, A] of the step from row t to row t+1, reward [..., S],
    steps bool [..., S-1]: whether it is a step of the world, those into an end included.

    Example:
        >>> reward_lag(obs, action[1:], reward, done[:-1] == 0).lag
        1
    """
    used = steps.clone()
    used[..., :1] = used[..., -1:] = False
    step = surrounding_rows(used, obs)
    now, after, acted, *paid = finite_rows(
        obs[step[0]], obs[step[1]], action[step[0]], *(reward[step[lag]] for lag in LAGS)
    )
    if len(now) < MIN_PAIRS or not any(map(_varies, paid)):
        return UNKNOWN
    known = pair_codes(pair_codes(codes(now), codes(acted)), codes(after))
    by_pairs = _reward_by_pairs(known, [codes(each) for each in paid])
    if by_pairs is not None or not is_vector(now):
        return by_pairs or UNKNOWN
    now, acted, *paid = fit_rows(now, acted, *paid)
    columns = columns_of(acted)
    if columns is None:
        return UNKNOWN
    known, used = features(row_numbers(now), columns), torch.ones(len(now), dtype=torch.bool, device=now.device)
    left = [mean_square(known, standardised(each.unsqueeze(1)), used) if _varies(each) else 1.0 for each in paid]
    return pick_lag([1 - each for each in left], "variance")


def inner_pairs(follows: Tensor) -> Tensor:
    """Pairs of rows with another pair of the same episode before and after them."""
    return follows & pad(follows[..., :-1], (1, 0)) & pad(follows[..., 1:], (0, 1))


def surrounding_rows(steps: Tensor, obs: Tensor) -> dict[int, tuple[Tensor, ...]]:
    """Index of the rows around some of the steps, as many as the size of an observation allows."""
    numbers = obs.flatten(0, steps.dim() - 1)[:1].numel()
    most = min(SAMPLES, NUMBERS // max(1, numbers) + 1)
    *batch, row = sample(steps.nonzero(), most).unbind(dim=1)
    return {lag: (*batch, row + lag) for lag in LAGS}


def fit_rows(*values: Tensor) -> list[Tensor]:
    """The rows that a model is fitted to."""
    rows = sample(torch.arange(len(values[0]), device=values[0].device), FIT_ROWS)
    return [each[rows] for each in values]


def finite_rows(*values: Tensor) -> list[Tensor]:
    """The rows in which no number is NaN or infinite."""
    good = torch.stack([row_numbers(each.isfinite()).all(dim=1) for each in values]).all(dim=0)
    return [each[good] for each in values]


def is_vector(obs: Tensor) -> bool:
    """Whether observations are few enough numbers for a model."""
    return obs.is_floating_point() and obs[0].numel() <= MAX_NUMBERS


def _action_by_pairs(now: Tensor, after: Tensor, actions: list[Tensor]) -> LagEvidence | None:
    """By steps from equal observations; None where observations do not come again."""
    unsettled = disagreement(now, after)
    explained: list[float] = []
    for action in actions:
        left = disagreement(pair_codes(now, action), after)
        seen = ~left.isnan()
        if int(seen.sum()) < MIN_PAIRS:
            return None
        before = float(unsettled[seen].mean())
        if before < OPEN:
            return UNKNOWN
        explained.append(1 - float(left[seen].mean()) / before)
    return pick_lag(explained, "pairs", [_is_explained(after, action) for action in actions])


def _is_explained(reached: Tensor, action: Tensor) -> bool:
    """Whether the observation reached explains the action: a choice made there looks like a cause of it."""
    usual = disagreement(torch.zeros_like(action), action).mean()
    return bool(disagreement(reached, action).nanmean() <= (1 - TELLING) * usual)


def _action_by_variance(now: Tensor, after: Tensor, actions: list[Tensor]) -> LagEvidence:
    """By a model of the change, with and without the action, on steps that are no jumps."""
    columns = [found for action in actions if (found := columns_of(action)) is not None]
    if len(columns) < len(actions):
        return UNKNOWN
    models = [features(now, found) for found in columns]
    change, usual = usual_change(now, after, models)
    before = mean_square(features(now, None), change, usual)
    if before < OPEN:
        return UNKNOWN
    reached = features(after, None)
    explains = [mean_square(reached, standardised(found), usual) <= 1 - TELLING for found in columns]
    return pick_lag([1 - mean_square(model, change, usual) / before for model in models], "variance", explains)


def usual_change(now: Tensor, after: Tensor, models: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The change of the observation, and the rows that do not jump by the model that fits best."""
    change = standardised(after.double() - now.double())
    every = torch.ones(len(now), dtype=torch.bool, device=now.device)
    usual = min((sizes(model, change, every) for model in models), key=lambda each: each[1])[0] <= OUTLIER
    return standardised(torch.where(usual.unsqueeze(1), change, 0)), usual


def _others(values: Tensor) -> int:
    """How many are not the most frequent one."""
    return len(values) - int(torch.bincount(codes(values)).max())


def _varies(reward: Tensor) -> bool:
    return _others(reward) >= MIN_REWARDS


def _reward_by_pairs(group: Tensor, paid: list[Tensor]) -> LagEvidence | None:
    """By rewards of equal observations and actions; None where they do not come again."""
    left = [disagreement(group, reward) for reward in paid]
    seen = ~left[0].isnan()
    if int(seen.sum()) < MIN_PAIRS:
        return None
    usual = [disagreement(torch.zeros_like(reward), reward)[seen] for reward in paid]
    shares = [
        1 - float(each[seen].mean()) / max(float(most.mean()), OPEN) if _varies(reward) else 0.0
        for reward, each, most in zip(paid, left, usual, strict=True)
    ]
    return pick_lag(shares, "pairs")


def pick_lag(explained: list[float], unit: Unit, explains: list[bool] | None = None) -> LagEvidence:
    """The lag that settles almost everything where no other one does; not an action that answers what was reached."""
    best, second = sorted(range(len(LAGS)), key=lambda place: -explained[place])[:2]
    clear = explained[best] >= SETTLED and 1 - explained[second] >= LEFT_OPEN
    answers = explains is not None and explains[best] and LAGS[best] > 0
    return LagEvidence(LAGS[best] if clear and not answers else None, dict(zip(LAGS, explained, strict=True)), unit)
