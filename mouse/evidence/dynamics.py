"""A linear model of how observations change from a row to the next."""

from typing import cast

import torch
from torch import Tensor

from mouse.evidence.agreement import codes
from mouse.evidence.sampling import sample

MAX_ACTIONS = 64
MAX_NUMBERS = 64
"""Of an observation; the model of an image would need more rows than there are."""
ROWS_PER_FEATURE = 4
RIDGE = 1e-9
OUTLIER = 10.0
"""A residual of so many medians is no step of the same world, measured: at most 6 in right batches, 6000 at resets."""
ROUNDS = 4
"""Of fitting without the rows that jump."""
MAX_FEATURES = 256
"""Of a model with products, as the time of a fit grows with their square."""
FIT_ROWS = 1 << 12
"""That a fit needs at most: the residuals of 100 features come out to two percent."""
FLOOR = 1e-4
"""Smallest median residual, of the spread of the change: a model that is exact up to rounding has no outliers."""


def features(obs: Tensor, action: Tensor | None) -> Tensor:
    """Numbers that a change is modelled by: the observation, its products, the action, and products of the two.

    Shapes: obs [N, D], action [N, A] or None -> float64 [N, F].
    """
    known = standardised(obs)
    both = known if action is None else torch.cat([known, standardised(action)], dim=1)
    one = torch.ones(len(obs), 1, dtype=torch.float64, device=obs.device)
    linear = torch.cat([one, both], dim=1)
    width = both.shape[1]
    if linear.shape[1] + width * (width + 1) // 2 > min(len(obs) // ROWS_PER_FEATURE, MAX_FEATURES):
        return linear
    row, column = torch.triu_indices(width, width, device=obs.device)
    return torch.cat([linear, both[:, row] * both[:, column]], dim=1)


def standardised(values: Tensor) -> Tensor:
    """Columns of mean 0 and standard deviation 1; those that do not vary are 0."""
    wide = values.double()
    spread = wide.std(dim=0, correction=0)
    return torch.where(spread > 0, (wide - wide.mean(dim=0)) / spread.clamp_min(torch.finfo(torch.float64).tiny), 0)


def columns_of(action: Tensor) -> Tensor | None:
    """Actions as numbers; None where they are too many to tell apart.

    Shapes: action [N] or [N, A] -> [N, A].
    """
    if action.is_floating_point():
        return action.flatten(1) if action.dim() > 1 else action.unsqueeze(1)
    number = codes(action)
    count = int(number.max()) + 1
    return torch.nn.functional.one_hot(number)[:, : max(1, count - 1)] if count <= MAX_ACTIONS else None


def residual(known: Tensor, change: Tensor, used: Tensor) -> Tensor:
    """What a least-squares fit leaves of a change, fitted to some rows and told of all.

    Shapes: known [N, F], change [N, D], used bool [N] -> [N, D].
    """
    fitted = sample(used.nonzero().flatten(), FIT_ROWS)
    on, of = known[fitted], change[fitted]
    square = on.T @ on
    ridge = RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype, device=square.device)
    return change - known @ cast("Tensor", torch.linalg.solve(square + ridge, on.T @ of))


def sizes(known: Tensor, change: Tensor, usual: Tensor) -> tuple[Tensor, float]:
    """Length of what a fit to usual rows leaves of each row, in medians of theirs, and the median.

    Rows that jump have no say in the fit.

    Shapes: known [N, F], change [N, D], usual bool [N] -> [N].
    """
    used, length, median = usual, change[:, 0], FLOOR
    for _ in range(ROUNDS):
        length = residual(known, change, used).square().sum(dim=1).sqrt()
        median = max(float(length[usual].median()), FLOOR)
        before, used = used, usual & (length <= OUTLIER * median)
        if used.equal(before):  # so would be every further fit
            break
    return length / median, median


def mean_square(known: Tensor, change: Tensor, used: Tensor) -> float:
    """Mean square that a fit leaves of some rows, corrected for the number of features that it was fitted with."""
    count = int(used.sum())
    left = residual(known, change, used)[used].square().mean()
    return float(left) * count / max(1, count - known.shape[1])
