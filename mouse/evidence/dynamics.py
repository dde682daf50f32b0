"""A linear model of the change of observations from a row to the next."""

from typing import NamedTuple, cast

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


class Standard(NamedTuple):
    """Standardises columns to mean 0 and standard deviation 1; constant columns become 0."""

    mean: Tensor
    spread: Tensor

    @classmethod
    def of(cls, values: Tensor) -> "Standard":
        """That of some rows, ``[N, D]``."""
        wide = values.double()
        return cls(wide.mean(dim=0), wide.std(dim=0, correction=0))

    def __call__(self, values: Tensor) -> Tensor:
        """Standardise these rows, or others of the same columns."""
        known = (values.double() - self.mean) / self.spread.clamp_min(torch.finfo(torch.float64).tiny)
        return torch.where(self.spread > 0, known, 0)


class Features(NamedTuple):
    """Numbers that a change is modelled by: the observation, its products, the action, and products of the two."""

    obs: Standard
    action: Standard | None
    products: bool

    @classmethod
    def of(cls, obs: Tensor, action: Tensor | None) -> "Features":
        """Those that some rows are enough for, ``obs [N, D], action [N, A]``."""
        width = obs.shape[1] + (0 if action is None else action.shape[1])
        most = min(len(obs) // ROWS_PER_FEATURE, MAX_FEATURES)
        return cls(
            Standard.of(obs),
            None if action is None else Standard.of(action),
            1 + width + width * (width + 1) // 2 <= most,
        )

    def __call__(self, obs: Tensor, action: Tensor | None) -> Tensor:
        """Features of these rows, or of others, float64 ``[N, F]``."""
        known = self.obs(obs)
        both = known if self.action is None or action is None else torch.cat([known, self.action(action)], dim=1)
        linear = torch.cat([torch.ones(len(obs), 1, dtype=torch.float64, device=obs.device), both], dim=1)
        if not self.products:
            return linear
        row, column = torch.triu_indices(both.shape[1], both.shape[1], device=obs.device)
        return torch.cat([linear, both[:, row] * both[:, column]], dim=1)


def features(obs: Tensor, action: Tensor | None) -> Tensor:
    """Features of some rows by themselves.

    Shapes: obs [N, D], action [N, A] or None -> float64 [N, F].
    """
    return Features.of(obs, action)(obs, action)


def standardised(values: Tensor) -> Tensor:
    """Columns of mean 0 and standard deviation 1; those that do not vary are 0."""
    return Standard.of(values)(values)


def columns_of(action: Tensor) -> Tensor | None:
    """Actions as numbers; None where they are too many to tell apart.

    Shapes: action [N] or [N, A] -> [N, A].
    """
    if action.is_floating_point():
        return action.flatten(1) if action.dim() > 1 else action.unsqueeze(1)
    number = codes(action)
    count = int(number.max()) + 1
    known = torch.arange(max(1, count - 1), device=action.device)
    return number.unsqueeze(1) == known if count <= MAX_ACTIONS else None


def residual(known: Tensor, change: Tensor, used: Tensor) -> Tensor:
    """What a least-squares fit leaves of a change, fitted to some rows and told of all.

    Shapes: known [N, F], change [N, D], used bool [N] -> [N, D].
    """
    return change - known @ _weights(known, change, used)


def _weights(known: Tensor, change: Tensor, used: Tensor) -> Tensor:
    fitted = sample(used.nonzero().flatten(), FIT_ROWS)
    on, of = known[fitted], change[fitted]
    square = on.T @ on
    ridge = RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype, device=square.device)
    return cast("Tensor", torch.linalg.solve(square + ridge, on.T @ of))


class Fit(NamedTuple):
    """A fit of the change to usual rows; rows that jump have no say in it."""

    weights: Tensor
    """[F, D]"""
    median: float
    """Length of what it leaves of usual rows."""

    @classmethod
    def of(cls, known: Tensor, change: Tensor, usual: Tensor) -> "Fit":
        """Fit to some rows, ``known [N, F], change [N, D], usual bool [N]``."""
        used, weights, median = usual, known.new_zeros(known.shape[1], change.shape[1]), FLOOR
        for _ in range(ROUNDS):
            weights = _weights(known, change, used)
            length = (change - known @ weights).square().sum(dim=1).sqrt()
            median = max(float(length[usual].median()), FLOOR)
            before, used = used, usual & (length <= OUTLIER * median)
            if used.equal(before):  # so would be every further fit
                break
        return cls(weights, median)

    def sizes(self, known: Tensor, change: Tensor) -> Tensor:
        """Length of what it leaves of each of these rows, or of others, in medians, ``[N]``."""
        return (change - known @ self.weights).square().sum(dim=1).sqrt() / self.median


def sizes(known: Tensor, change: Tensor, usual: Tensor) -> tuple[Tensor, float]:
    """Length of what a fit to usual rows leaves of each row, in medians of theirs, and the median.

    Shapes: known [N, F], change [N, D], usual bool [N] -> [N].
    """
    fit = Fit.of(known, change, usual)
    return fit.sizes(known, change), fit.median


def mean_square(known: Tensor, change: Tensor, used: Tensor) -> float:
    """Mean square that a fit leaves of some rows, corrected for the number of features that it was fitted with."""
    count = int(used.sum())
    left = residual(known, change, used)[used].square().mean()
    return float(left) * count / max(1, count - known.shape[1])
