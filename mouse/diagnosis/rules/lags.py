"""Proof that an action, a reward or an end stands with another row: by what observations do, and by counters."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.dynamics import CONVENTION, Dynamics
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.evidence.causes import SHOWN
from mouse.evidence.lags import LAGS, LEFT_OPEN, SETTLED

ROWS = {-1: "the row before", 0: "its own row", 1: "the next row", 2: "the row after the next"}
RIGHT_OFFSETS = (0, 1)
"""Rows from an end to the pair that leads to the next episode: without and with rows for resets."""
MOST = 0.5
SYMPTOMS = (
    "sequence-straddle", "end-inside-episode", "ends-missing", "reset-pair", "truncation-bootstrap", "legal-mask",
    "invalid-action-taken", "q-overestimation", "padded-q-finite", "episode-too-short", "done-merged",
    "reward-not-a-function", "vector-ignores-done", "rows-apart", "end-goes-on", "q-star-contradicted",
)  # fmt: skip
"""Rules that find what a shift by a row looks like."""


@dataclass(frozen=True, kw_only=True)
class Misplaced(RawFinding):
    """What stands with another row, and with which one that is certain."""

    lag: int | None
    """Rows from the observation that a step leaves, where it stands in `LAGS`; None of an end beside its place."""


def of_actions(case: Case) -> Iterator[RawFinding]:
    """Another row's action settles the next observation, or in a random world goes with both ends of a step."""
    action = case.dynamics.action_lag
    if action.lag is None:
        yield from _of_causes(case.dynamics)
    elif action.lag != CONVENTION:
        message = (
            f"The action of {ROWS[action.lag]} settles {percent(action.explained[action.lag])} of what a row's"
            " observation leaves open about the next, that of the next row"
            f" {_percent(action.explained[CONVENTION])} (threshold {percent(SETTLED)})."
        )
        yield _misplaced("action", message, action.lag, action.explained[action.lag])


def of_rewards(case: Case) -> Iterator[RawFinding]:
    """Another row's reward goes with the step, unless its action stands there as well."""
    dynamics = case.dynamics
    reward = dynamics.reward_lag
    if reward.lag is None:
        raise RuleSkipped("rewards that go with the observations and the action of one step, and of no other")
    if reward.lag not in {CONVENTION, dynamics.action_row}:
        message = (
            f"The reward of {ROWS[reward.lag]} goes with a row's observation and the action taken there"
            f" ({percent(reward.explained[reward.lag])} of it), that of the next row does not"
            f" ({_percent(reward.explained[CONVENTION])}; threshold {percent(SETTLED)})."
        )
        yield _misplaced("reward", message, reward.lag, reward.explained[reward.lag])


def _of_causes(dynamics: Dynamics) -> Iterator[RawFinding]:
    """Another row's action goes with both ends of a step, in a random world."""
    cause = dynamics.action_cause
    if cause.lag is None:
        raise RuleSkipped("observations that the action of one row, and of no other, leads on from")
    if cause.lag != CONVENTION:
        message = (
            f"The action of {ROWS[cause.lag]} settles {percent(cause.explained[cause.lag])} of what a row's observation"
            " leaves open about the next, and the next about it; that of the next row"
            f" {_percent(cause.explained[CONVENTION])} (threshold {percent(SHOWN)})."
        )
        yield _misplaced("action", message, cause.lag, cause.explained[cause.lag], SHOWN)


def _misplaced(name: str, message: str, lag: int, explained: float, threshold: float = SETTLED) -> Misplaced:
    return Misplaced(
        message=message,
        measured=explained,
        threshold=threshold,
        field=f"step_stream.{name}",
        explains=SYMPTOMS,
        lag=lag,
    )


def _percent(value: float) -> str:
    return percent(max(0.0, value))


def of_values(case: Case) -> Iterator[RawFinding]:
    """Optimal values solve the Bellman equation with another row's action and reward."""
    found = case.value_lag
    if found.lag is None:
        raise RuleSkipped("optimal values that the action and the reward of one row, and of no other, go with")
    if found.lag != CONVENTION and settled_dynamics(case) is None:
        message = (
            f"q_star solves the Bellman equation with action and reward of {ROWS[found.lag]} in"
            f" {percent(found.explained[found.lag])} of the steps, with those of the next row in"
            f" {_percent(found.explained[CONVENTION])} (threshold {percent(SETTLED)})."
        )
        yield _misplaced("action", message, found.lag, found.explained[found.lag])


def settled_dynamics(case: Case) -> Dynamics | None:
    """The dynamics, where observations tell with which row an action stands."""
    dynamics = case.or_none(lambda: case.dynamics)
    return dynamics if dynamics is not None and dynamics.action_row is not None else None


def of_ends(case: Case) -> Iterator[RawFinding]:
    """Ends lie a row beside the places where counters begin anew, or observations jump."""
    end, needed = case.episodes.end, max(1, case.thresholds.min_episodes)
    breaks = _breaks(case)
    if int(breaks.sum()) < needed:
        raise RuleSkipped(f"{needed} places where time begins anew or observations jump, found {int(breaks.sum()):,}")
    rows, steps = end.nonzero(as_tuple=True)
    near = {lag: _at(breaks, rows, steps + lag - 1) for lag in LAGS}
    right = near[0] | near[1]
    for lag in (2, -1):
        is_only_one = share(near[lag]) >= SETTLED and max(share(near[at]) for at in LAGS if at != lag) <= 1 - LEFT_OPEN
        wrong = near[lag] if is_only_one else near[lag] & ~right  # short episodes have breaks everywhere
        measured = share(wrong)
        if int(wrong.sum()) >= needed and measured > MOST:
            direction = "before" if lag > 0 else "after"
            message = (
                f"{percent(measured)} of {len(wrong):,} ends stand a row {direction} the place where the next episode"
                f" begins (threshold {percent(MOST)})."
            )
            yield _misplaced_ends(message, measured, MOST, _scattered(end, rows[wrong], steps[wrong]))
    first = near[0] & near[1]
    if share(near[1]) >= SETTLED > share(near[0]) and int(first.sum()) >= needed:
        message = (
            f"{int(first.sum()):,} of {len(first):,} ends stand on the first row of an episode, though nothing led"
            f" there (threshold {needed}); the others stand on last rows. All stand a row early."
        )
        yield _misplaced_ends(message, int(first.sum()), needed, _scattered(end, rows[first], steps[first]))


def _misplaced_ends(message: str, measured: float, threshold: float, mask: Tensor) -> Misplaced:
    return Misplaced(
        message=message,
        measured=measured,
        threshold=threshold,
        mask=mask,
        field="step_stream.done",
        explains=SYMPTOMS,
        lag=None,
    )


def _scattered(like: Tensor, rows: Tensor, steps: Tensor) -> Tensor:
    mask = torch.zeros_like(like)
    mask[rows, steps] = True
    return mask


def _breaks(case: Case) -> Tensor:
    """Pairs that lead to another episode, by the counter or by the observations."""
    time = case.optional("time")
    if time is not None:
        return (time[:, 1:] == 0) | ((time[:, 1:] >= 0) & (time[:, 1:] < time[:, :-1]))
    jumps = case.dynamics.jumps
    if jumps is None or jumps.sizes is None:
        raise RuleSkipped("time, or observations that jump where an episode ends")
    return case.dynamics.expand(jumps.jumped)


def _at(pairs: Tensor, row: Tensor, step: Tensor) -> Tensor:
    there = (step >= 0) & (step < pairs.shape[1])
    return there & pairs[row, step.clamp(0, pairs.shape[1] - 1)]
