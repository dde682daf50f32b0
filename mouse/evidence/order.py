"""Whether rows are in time order: each is explained by the previous row, or by a row at a fixed distance before it."""

import torch
from torch import Tensor

from mouse.evidence.agreement import codes, disagreement
from mouse.evidence.dynamics import MAX_NUMBERS, features, mean_square, standardised
from mouse.evidence.sampling import row_numbers, sample

MOST_PERIOD = 16
MIN_PAIRS = 64
SAMPLES = 4096


def explained_by_row(obs: Tensor, running: Tensor, rows: int) -> float | None:
    """Share of what is open about an observation that the one so many rows before settles.

    Near 0 at one row where rows are in no order; larger at n rows than at one where n recordings are interleaved. None
    where too few observations lie so far apart, or they neither come again nor are numbers that a model takes.

    Shapes: obs [B, S, *shape], running bool [B, S]: whether no end lies between a row and the first of the sequence.
    """
    here = sample((running[:, rows:] & running[:, :-rows]).flatten().nonzero().flatten(), SAMPLES)
    if len(here) < MIN_PAIRS:
        return None
    now, after = (half.flatten(0, 1)[here] for half in (obs[:, :-rows], obs[:, rows:]))
    share = _by_pairs(codes(now), codes(after))
    if share is None and now.is_floating_point() and now[0].numel() <= MAX_NUMBERS:
        share = _by_model(row_numbers(now), row_numbers(after))
    return share


def _by_pairs(now: Tensor, after: Tensor) -> float | None:
    left, usual = disagreement(now, after), disagreement(torch.zeros_like(after), after)
    seen = ~left.isnan()
    if int(seen.sum()) < MIN_PAIRS or float(usual.mean()) == 0:
        return None
    return 1 - float(left[seen].mean() / usual.mean())


def _by_model(now: Tensor, after: Tensor) -> float | None:
    good = now.isfinite().all(dim=1) & after.isfinite().all(dim=1)
    if int(good.sum()) < MIN_PAIRS:
        return None
    wanted = standardised(after.where(good.unsqueeze(1), 0))
    varies = wanted.square().sum(dim=0) > 0
    if not bool(varies.any()):
        return None
    return 1 - mean_square(features(now.where(good.unsqueeze(1), 0), None), wanted[:, varies], good)
