"""Find the alignment of action and reward by optimal values: the Bellman equation holds only at the right row."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import pad

from mouse.evidence.lags import LAGS, MIN_PAIRS, SAMPLES, UNKNOWN, LagEvidence, pick_lag
from mouse.evidence.sampling import sample

EXACT = 1e-3
"""Residual that is rounding, relative to the spread of the values."""
ROUNDS = 4
"""Of fitting to the half of the steps that the equation fits best: ends that nothing marks have no say."""


def value_lag(q_star: Tensor, action: Tensor, reward: Tensor, follows: Tensor) -> LagEvidence:
    """Find the row of the action and the reward of a step by the share of steps that solve the Bellman equation.

    Formula: ``q_star[t, action[t + lag]] = scale * reward[t + lag] + gamma * max q_star[t + 1]``, with scale and gamma
    fitted. In a random world it holds for the mean alone, and no lag stands out.

    Shapes: q_star [..., S, A], action and reward [..., S], follows bool [..., S-1]: whether row t+1 comes after row t
    in the same episode.

    Example:
        >>> value_lag(q_star, action, reward, done[1:] == 0).lag
        1
    """
    whole = follows & pad(follows[..., :-1], (1, 0)) & pad(follows[..., 1:], (0, 1))
    whole[..., :1] = whole[..., -1:] = False  # there may be none
    *batch, row = sample(whole.nonzero(), SAMPLES).unbind(dim=1)
    following = q_star[(*batch, row + 1)].amax(dim=-1).double()
    taken, paid = list[Tensor](), list[Tensor]()
    for lag in LAGS:
        index = action[(*batch, row + lag)].long().clamp(0, q_star.shape[-1] - 1)
        taken.append(q_star[(*batch, row)].gather(-1, index.unsqueeze(-1)).squeeze(-1).double())
        paid.append(reward[(*batch, row + lag)].double())
    good = torch.stack([following, *taken, *paid]).isfinite().all(dim=0)
    if int(good.sum()) < MIN_PAIRS:
        return UNKNOWN
    shares = [_solved(value[good], each[good], following[good]) for value, each in zip(taken, paid, strict=True)]
    return pick_lag(shares, "pairs")


def _solved(value: Tensor, reward: Tensor, following: Tensor) -> float:
    """Share of the steps whose value equals the fitted sum of reward and next value."""
    spread = float(value.std())
    if spread == 0:
        return 0.0
    known = torch.stack([reward, following], dim=1)
    return float((_fit(known, value)[1] <= EXACT * spread).double().mean())


@dataclass(frozen=True)
class ValueFit:
    """The residual of the Bellman equation, with the best-fitting scale and discount."""

    used: Tensor
    """Steps that were looked at, bool ``[B, S-1]``."""
    error: Tensor
    """Difference in standard deviations of the values, ``[B, S-1]``; 0 where none was looked at."""
    scale: float
    """Factor of the reward that the values are of."""
    gamma: float
    """Discount that the steps tell."""


def fitted_values(q_star: Tensor, action: Tensor, reward: Tensor, done: Tensor) -> ValueFit | None:
    """Compare the value of each action taken with its reward and the best value of the next row.

    Steps into an end and pairs behind one are left out: where ends are wrong, other rules say so.

    Shapes: q_star [B, S, A], action, reward, done [B, S].
    """
    index = action[:, 1:].clamp(0, q_star.shape[-1] - 1)
    value = q_star[:, :-1].gather(-1, index.unsqueeze(-1)).squeeze(-1).double()
    following = q_star[:, 1:].amax(dim=-1).double()
    paid = reward[:, 1:].double()
    used = (done[:, :-1] == 0) & (done[:, 1:] == 0) & (index == action[:, 1:])
    used &= torch.stack([value, following, paid]).isfinite().all(dim=0)
    spread = float(value[used].std()) if int(used.sum()) > 1 else 0.0
    if spread == 0:
        return None
    known, wanted = torch.stack([paid, following, torch.ones_like(paid)], dim=-1)[used], value[used]
    weights, error = _fit(known, wanted)
    every = torch.zeros_like(value).masked_scatter(used, error / spread)
    return ValueFit(used, every, float(weights[0]), float(weights[1]))


def _fit(known: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Weights that fit the better half of the steps, and how far each value is from what they say."""
    used = torch.ones_like(value, dtype=torch.bool)
    weights, error = known[0], value
    for _ in range(ROUNDS):
        weights = cast("Tensor", torch.linalg.lstsq(known[used], value[used].unsqueeze(1), driver="gelsd").solution)
        error = (value - (known @ weights).squeeze(1)).abs()
        used = error <= error.median()
    return weights.squeeze(1), error
