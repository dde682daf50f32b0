"""Which observations after a jump look like first observations of episodes."""

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.sampling import blocks, row_numbers

MIN_BEGUN = 5
"""Known first observations of episodes, to tell where they lie."""
MARGIN = 0.25
"""Of the range of known first observations, on either side, as others may begin a little beyond them."""
MAX_CHANCE = 1e-3
"""Probability up to which so many of any observations would lie there."""


def restarts(landed: Tensor, begun: Tensor, usual: Tensor) -> Bool[Tensor, " row"] | None:
    """Whether each observation lies where episodes begin; none does where as many of any rows would.

    None where too few beginnings are known.

    Formula: n of N `landed` lie in the box around `begun`, of any rows the share p; they count where the probability
    of n or more, ``1 - BinomialCDF(n - 1; N, p)``, is at most 0.001.

    Shapes: landed [N, ...], begun [M, ...], usual [K, ...], K > 0 -> bool [N].

    Example:
        >>> restarts(torch.tensor([[0.0]] * 9 + [[8.0]]), torch.zeros(5, 1), torch.arange(9.0).view(9, 1)).tolist()
        [True, True, True, True, True, True, True, True, True, False]
    """
    if len(begun) < MIN_BEGUN:
        return None
    wide = row_numbers(begun.double())
    low, high = wide.min(dim=0).values, wide.max(dim=0).values
    margin = MARGIN * (high - low)

    def lie_inside(rows: Tensor) -> Bool[Tensor, " row"]:
        wide = row_numbers(rows.double())
        return ((wide >= low - margin) & (wide <= high + margin)).all(dim=1)

    inside, expected = lie_inside(landed), torch.cat([lie_inside(some) for some in blocks(usual)])
    likely = binomial_tail(int(inside.sum()), len(inside), float(expected.double().mean()))
    return inside if likely <= MAX_CHANCE else torch.zeros_like(inside)


def binomial_tail(count: int, of: int, share: float) -> float:
    """Probability of so many or more."""
    if count == 0:
        return 1.0
    numbers = torch.arange(count, of + 1, dtype=torch.float64)
    total, p = torch.tensor(float(of), dtype=torch.float64), torch.tensor(share, dtype=torch.float64)
    ways = (total + 1).lgamma() - (numbers + 1).lgamma() - (total - numbers + 1).lgamma()
    return float((ways + torch.xlogy(numbers, p) + torch.xlogy(total - numbers, 1 - p)).exp().sum())
