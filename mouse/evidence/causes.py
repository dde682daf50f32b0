"""Find the alignment of actions in a stochastic environment: only the cause of a step depends on both of its states."""

import torch
from torch import Tensor

from mouse.evidence.agreement import codes, disagreement, pair_codes
from mouse.evidence.dynamics import columns_of, features, mean_square, standardised
from mouse.evidence.lags import (
    LAGS,
    OPEN,
    UNKNOWN,
    LagEvidence,
    Unit,
    finite_rows,
    fit_rows,
    inner_pairs,
    is_vector,
    surrounding_rows,
    usual_change,
)
from mouse.evidence.sampling import row_numbers

MIN_STEPS = 512
SHOWN = 0.08
"""Share of what is open at both ends of a step that its cause settles at least; measured: 0.11 and more."""
BESIDE = 0.25
"""Share of that which any other lag settles at most; more is an agent that repeats its actions."""
SHUFFLES = 8
SIGMAS = 6


def action_cause(obs: Tensor, action: Tensor, follows: Tensor) -> LagEvidence:
    """Find the row of the action that goes with each step, in a world where it does not settle the step.

    The cause of a step says something of where it leads, given where it began, and of where it began, given where it
    led. An action that answers the observation reached fails the second, one that came before fails the first; what an
    action settles of both is the smaller of the two. Where rows tell of the next one what the row between them does
    not, observations do not show the whole state, and an action may show late: nothing is said.

    Shapes: as `action_lag` takes them.

    Example:
        >>> action_cause(obs, action, done[:-1] == 0).lag
        0
    """
    step = surrounding_rows(inner_pairs(follows), obs)
    before, now, after, *actions = finite_rows(
        obs[step[-1]], obs[step[0]], obs[step[1]], *(action[step[at]] for at in LAGS)
    )
    if len(now) < MIN_STEPS:
        return UNKNOWN
    found = _by_pairs(codes(before), codes(now), codes(after), [codes(each) for each in actions])
    if found is not None or not is_vector(now):
        return found or UNKNOWN
    before, now, after, *actions = fit_rows(before, now, after, *actions)
    return _by_variance(row_numbers(before), row_numbers(now), row_numbers(after), actions)


def _by_pairs(before: Tensor, now: Tensor, after: Tensor, actions: list[Tensor]) -> LagEvidence | None:
    """By steps from and to equal observations; None where observations do not come again."""
    shares: list[float] = []
    for action in actions:
        ends = [_settles(action, now, after), _settles(action, after, now)]
        if None in ends:
            return None
        shares.append(min(each for each in ends if each is not None))
    found = _cause(shares, _settles(before, now, after) or 0.0, "pairs")
    if found.lag is None:
        return found
    action = actions[LAGS.index(found.lag)]
    certain = all(_is_certain(action, *ends) for ends in ((now, after), (after, now)))
    return found if certain else LagEvidence(None, found.explained, "pairs")


def _settles(known: Tensor, given: Tensor, other: Tensor) -> float | None:
    """Share of what one end of a step leaves open of the other that something known settles; None if too few rows."""
    left = disagreement(pair_codes(given, known), other)
    seen = ~left.isnan()
    if int(seen.sum()) < MIN_STEPS:
        return None
    usual = float(disagreement(given, other)[seen].mean())
    return 1 - float(left[seen].mean()) / usual if usual >= OPEN else 0.0


def _is_certain(known: Tensor, given: Tensor, other: Tensor) -> bool:
    """Whether it settles more than it does after it was shuffled among the steps with the same given end."""
    found, generator = _settles(known, given, other), torch.Generator().manual_seed(0)
    here, chance = given.argsort(stable=True), list[float]()
    for _ in range(SHUFFLES):
        order = torch.randperm(len(given), generator=generator).to(given.device)
        shuffled = torch.empty_like(known)
        shuffled[here] = known[order[given[order].argsort(stable=True)]]
        chance.append(_settles(shuffled, given, other) or 0.0)
    null = torch.tensor(chance, dtype=torch.float64)
    return found is not None and found - float(null.mean()) > SIGMAS * float(null.std())


def _by_variance(before: Tensor, now: Tensor, after: Tensor, actions: list[Tensor]) -> LagEvidence:
    """By models of the change, from the observation that is left and from the one that is reached."""
    columns = [found for action in actions if (found := columns_of(action)) is not None]
    if len(columns) < len(actions):
        return UNKNOWN
    ends = [(features(end, None), [features(end, found) for found in columns]) for end in (now, after)]
    change, usual = usual_change(now, after, ends[0][1])
    settled: list[list[float]] = []
    for alone, models in ends:
        left = mean_square(alone, change, usual)
        if left < OPEN:
            return UNKNOWN
        settled.append([1 - mean_square(model, change, usual) / left for model in models])
    alone = ends[0][0]
    past = torch.cat([alone, standardised(before)], dim=1)
    history = 1 - mean_square(past, change, usual) / mean_square(alone, change, usual)
    found = _cause([min(each) for each in zip(*settled, strict=True)], history, "variance")
    more = ends[0][1][0].shape[1] - alone.shape[1]
    noise = (2 * more / change.shape[1]) ** 0.5 / max(1, int(usual.sum()))
    certain = found.lag is None or found.explained[found.lag] > SIGMAS * noise
    return found if certain else LagEvidence(None, found.explained, "variance")


def _cause(shares: list[float], history: float, unit: Unit) -> LagEvidence:
    """The lag that settles something of both ends, where no other one does and the row before adds less."""
    best, second = sorted(range(len(LAGS)), key=lambda place: -shares[place])[:2]
    clear = shares[best] > SHOWN and shares[second] < BESIDE * shares[best] and history < shares[best]
    return LagEvidence(LAGS[best] if clear else None, dict(zip(LAGS, shares, strict=True)), unit)
