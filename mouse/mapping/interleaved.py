"""Detect a column that numbers environments whose steps alternate in no fixed order, as with asynchronous actors."""

from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.evidence.agreement import codes, disagreement
from mouse.evidence.counters import distinct, in_runs
from mouse.evidence.dynamics import MAX_NUMBERS, columns_of, features, residual
from mouse.evidence.sampling import row_numbers, sample

MAX_ENVIRONMENTS = 256
"""Environments; columns of more numbers count something else."""
MIN_SWITCHES = 24
"""Rows that the next row of the file does not share its number with, to judge by."""
MAX_ROWS = 1 << 15
CLEARLY_LESS = 0.5
"""What rows of one order leave open, as a part of what they leave in the other order."""
LIKELY_ERRORS, PROVEN_ERRORS = 2.0, 4.0
"""Standard errors by which one order tells more than the other where the world is random: likely, and proven."""
MIN_VARIATION = 0.3
"""How much rows of one environment vary at least, of what all rows do."""
MIN_GAIN = 0.03
"""How much more it tells at least; numbers of whole episodes come to 0.01."""

Orders = tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]
Answer = Literal["yes", "likely", "no", "unknown"]


def interleaves(
    values: Int[Tensor, " row"],
    obs: Tensor,
    after: Tensor | None,
    action: Tensor | None,
    end: Bool[Tensor, " row"],
) -> Answer:
    """Judge whether rows go on at the next one of their own number, and not at the next row of the file.

    A number that follows from the observation, such as that of a room, tells no environments apart.

    Shapes: values [N], obs and after, the next observation, [N, ...], action [N] or [N, A], end [N].
    """
    if not 2 <= len(distinct(values)) <= min(MAX_ENVIRONMENTS, len(values) // 8) or in_runs(values):
        return "no"
    later = _next_of_same(values)
    running = ~end[:-1] & ~end[1:]
    rows = ((values[1:] != values[:-1]) & running & (later[:-1] >= 0)).nonzero().flatten()
    rows = sample(rows, MAX_ROWS)
    if len(rows) < MIN_SWITCHES:
        return "unknown"
    if after is not None:
        beside, own = (float(_differs(after[rows], obs[to]).double().mean()) for to in (rows + 1, later[rows]))
        return _compare(beside, own)
    number = codes(obs)
    repeats = 2 * int(number.max()) < len(number)
    if not repeats and not _has_model(obs):
        return "unknown"
    if not _varies_in_each(values, number if repeats else obs):
        return "no"
    orders = _both_orders(later, running)
    return _by_repeats(number, values, rows, orders) if repeats else _by_model(obs, action, rows, orders)


def _varies_in_each(values: Tensor, obs: Tensor) -> bool:
    """Whether rows of each number vary as all rows do, unlike the first rows of episodes.

    Shapes: values [N], obs [N] of codes, or numbers [N, ...].
    """
    group = codes(values)
    if obs.dim() == 1 and not obs.is_floating_point():
        usual = float(disagreement(torch.zeros_like(group), obs).mean())
        left = disagreement(group, obs).nan_to_num(0)
        return min(float(left[group == each].mean()) for each in range(int(group.max()) + 1)) >= MIN_VARIATION * usual
    wide = row_numbers(obs.double())
    spread = wide.std(dim=0).clamp_min(torch.finfo(torch.float64).tiny)
    own = (wide[group == each].std(dim=0, correction=0) / spread for each in range(int(group.max()) + 1))
    return min(float(each.mean()) for each in own) >= MIN_VARIATION


def _next_of_same(values: Tensor) -> Tensor:
    """The next row of the same number; -1 where there is none."""
    order = values.argsort(stable=True)
    same = values[order[1:]] == values[order[:-1]]
    later = torch.full_like(order, -1)
    later[order[:-1][same]] = order[1:][same]
    return later


def _both_orders(later: Tensor, running: Tensor) -> Orders:
    """Pairs of rows that follow one another in the file, and by their number."""
    beside, own = running.nonzero().flatten(), (later >= 0).nonzero().flatten()
    own = own[own < len(running)]
    own = own[running[own]]
    return (beside, beside + 1), (own, later[own])


def _differs(expected: Tensor, observed: Tensor) -> Tensor:
    return row_numbers(expected != observed).any(dim=1)


def _compare(beside: float, own: float) -> Answer:
    if own <= CLEARLY_LESS * beside:
        return "yes"
    return "no" if beside <= CLEARLY_LESS * own else "unknown"


def _has_model(obs: Tensor) -> bool:
    """Whether a model of the change can be fitted."""
    return obs.is_floating_point() and obs[0].numel() <= MAX_NUMBERS and bool(obs.isfinite().all())


def _by_model(obs: Tensor, action: Tensor | None, rows: Tensor, orders: Orders) -> Answer:
    """By what a model of the change leaves, in either order."""
    wide = row_numbers(obs.double())
    beside, own = (_unexplained(wide, action, rows, *pairs) for pairs in orders)
    return _compare(beside, own)


def _by_repeats(number: Tensor, values: Tensor, rows: Tensor, orders: Orders) -> Answer:
    """By what follows equal observations, in either order."""
    left = float(disagreement(number, values).nanmean())
    usual = float(disagreement(torch.zeros_like(values), codes(values)).mean())
    if left <= CLEARLY_LESS * usual:
        return "unknown"
    open_by_row: list[Tensor] = []
    for before, to in orders:
        found = torch.full((len(number),), torch.nan, dtype=torch.float64)
        found[before] = disagreement(number[before], number[to])
        open_by_row.append(found[rows])
    more = open_by_row[0] - open_by_row[1]
    more = more[~more.isnan()]
    if len(more) < MIN_SWITCHES:
        return "unknown"
    mean, error = float(more.mean()), max(float(more.std()) / len(more) ** 0.5, 1e-9)
    if mean < MIN_GAIN:
        return "no" if mean < -MIN_GAIN else "unknown"
    return "yes" if mean > PROVEN_ERRORS * error else "likely" if mean > LIKELY_ERRORS * error else "unknown"


def _unexplained(obs: Tensor, action: Tensor | None, rows: Tensor, before: Tensor, to: Tensor) -> float:
    """Median of what a model of the change leaves in some rows; actions may stand with either row of a pair."""
    acted = None if action is None else columns_of(action)
    known = features(obs[before], None if acted is None else torch.cat([acted[before], acted[to]], dim=1))
    spread = obs.std(dim=0).clamp_min(torch.finfo(torch.float64).tiny)
    change = (obs[to] - obs[before]) / spread
    left = residual(known, change, torch.ones_like(before, dtype=torch.bool)).square().sum(dim=1)
    here = left[torch.isin(before, rows)]
    return float(here.median())
