"""Signs that an action, a reward or an end stands with another row: by optimal values and by rewards."""

import math
from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import pad

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.rules.lags import SYMPTOMS, settled_dynamics
from mouse.wording import counted

SIGMAS = 4
MAX_ACTIONS = 1024
SHIFTED = 1e-4
"""Mean of the rewards of a sequence, in their standard deviations, that was subtracted."""
ALMOST_ALL = 0.9
"""Share of all rewards that stand right after ends, where few episodes end with one."""
CHANCE = 1e-4
"""Probability of so many rewards right after ends where they stand anywhere."""
LOOKS_LIKE_A_RESET = ("reset-pair",)
"""An end a row early makes the first step of an episode look like a row for its reset; but a reset pays nothing."""


def against_q_star(case: Case) -> Iterator[RawFinding]:
    """The best action of a row is that of its own, and not of the next; what settles it for certain says more."""
    values = case.or_none(lambda: case.value_lag)
    if settled_dynamics(case) is not None or (values is not None and values.lag is not None):
        return
    action, q_star = case.integers("action"), case.field("q_star")
    best = q_star == q_star.amax(dim=-1, keepdim=True)
    decided = best.sum(dim=-1) < q_star.isfinite().sum(dim=-1)
    used = decided[:, :-1] & ~case.episodes.no_transition & ~case.episodes.reset_rows[:, :-1]
    used &= ~_hits(q_star.isneginf()[:, :-1], action[:, 1:])  # what is illegal cannot be the best: a mask is wrong
    same, following = _hits(best[:, :-1], action[:, :-1])[used], _hits(best[:, :-1], action[:, 1:])[used]
    needed = max(2, case.thresholds.min_samples)
    if len(same) < needed:
        raise RuleSkipped(f"{needed} steps on which q_star prefers an action, found {len(same):,}")
    gap = same.double() - following.double()
    measured, limit = float(gap.mean()), case.thresholds.alignment_gap
    if abs(measured) <= limit:
        raise RuleSkipped("an agent that takes the actions that q_star prefers")
    if measured > limit and measured > SIGMAS * float(gap.std()) / math.sqrt(len(gap)):
        message = (
            f"q_star's best action is that of its own row in {percent(share(same))} of the steps, and that of the next"
            f" row in {percent(share(following))} (threshold for the difference {percent(limit)})."
        )
        yield _misplaced_actions(message, measured, limit)


def _misplaced_actions(message: str, measured: float, limit: float) -> RawFinding:
    return RawFinding(
        message=message, measured=measured, threshold=limit, field="step_stream.action", explains=SYMPTOMS
    )


def _hits(best: Tensor, action: Tensor) -> Tensor:
    existing = action.clamp(0, best.shape[-1] - 1)
    return best.gather(-1, existing.unsqueeze(-1)).squeeze(-1) & (existing == action)


def dependence(case: Case) -> Iterator[RawFinding]:
    """A neighbouring row's action explains a reward better than that of its own row; optimal values say more."""
    if (settled := settled_dynamics(case)) is not None and settled.reward_lag.lag is not None:
        return
    if case.optional("q_star") is not None:
        raise RuleSkipped("a batch without q_star")
    action, reward = case.integers("action"), case.field("reward")
    real = ~case.episodes.no_transition & ~case.episodes.reset_rows[:, :-1]
    real &= reward[:, 1:].isfinite() & reward[:, :-1].isfinite()
    needed = max(2, case.thresholds.min_samples)
    if int(real.sum()) < needed:
        raise RuleSkipped(f"{needed} transitions between rows of an episode, found {int(real.sum()):,}")
    if int(action.max() - action.min()) > MAX_ACTIONS:
        raise RuleSkipped(f"{MAX_ACTIONS} actions at most")
    before, after = action[:, :-1][real], action[:, 1:][real]
    if not (_vary(after) and _vary(reward[:, 1:][real])):
        raise RuleSkipped("actions and rewards that differ from step to step")
    own = max(_explained(reward[:, 1:][real], after), 0)
    neighbours = {"previous": _explained(reward[:, 1:][real], before), "next": _explained(reward[:, :-1][real], after)}
    limit = case.thresholds.alignment_dependence
    if max(own, *neighbours.values()) <= limit:
        raise RuleSkipped("rewards that depend on the action of one row")
    for which, explained in neighbours.items():
        if explained - own > limit:
            message = (
                f"The {which} row's action explains {percent(explained)} of the rewards' variance, that of their own"
                f" row {percent(own)} (threshold for the difference {percent(limit)})."
            )
            yield _misplaced_actions(message, explained - own, limit)


def _vary(values: Tensor) -> bool:
    return bool((values != values[0]).any())


def _explained(reward: Tensor, action: Tensor) -> float:
    """Share of the reward's variance between actions, adjusted for their number; 0 where nothing varies."""
    _actions, group = cast("tuple[Tensor, Tensor]", action.unique(return_inverse=True))
    wide = reward.double()
    count = torch.bincount(group).double()
    mean = torch.bincount(group, wide) / count
    total, within = float((wide - wide.mean()).square().sum()), float((wide - mean[group]).square().sum())
    free = len(wide) - len(count)
    return 1 - within / free * (len(wide) - 1) / total if total and free > 0 else 0.0


def first_rewards(case: Case) -> Iterator[RawFinding]:
    """The first row of an episode holds a reward, though nothing led to it."""
    time, reward = case.field("time"), case.field("reward")
    first = (time == 0) & ~case.episodes.end
    if not bool(first.any()):
        raise RuleSkipped("first rows of episodes (time = 0)")
    if not bool((reward != 0).any()):
        raise RuleSkipped("a reward other than 0")
    if _is_shifted(reward):
        raise RuleSkipped("rewards that were not shifted to a mean of 0")
    bad = first & (reward != 0) & ~reward.isnan()
    measured, limit = share(bad[first]), case.thresholds.alignment_first_reward
    if measured > limit:
        message = (
            f"{percent(measured)} of the first rows of episodes (time = 0) hold a reward, though nothing led to them"
            f" (threshold {percent(limit)})."
        )
        yield _misplaced_rewards(message, measured, limit, bad)


def _is_shifted(reward: Tensor) -> bool:
    """Whether the rewards of every sequence were normalised, which leaves no 0 where there was no reward."""
    wide = reward.double()
    return bool((wide.mean(dim=1).abs() <= SHIFTED * wide.std(dim=1, correction=0)).all())


def after_ends(case: Case) -> Iterator[RawFinding]:
    """Rewards come right after ends, and not at them."""
    reward, end = case.field("reward"), case.episodes.end
    paid, at, after = (reward != 0)[:, 1:], end[:, 1:], end[:, :-1]
    lone, inside = at & ~after, ~at & ~after
    needed = max(1, case.thresholds.min_episodes)
    if min(int(group.sum()) for group in (after, lone, inside)) < needed:
        raise RuleSkipped(f"{needed} ends with rows before and after, found {min(int(lone.sum()), int(after.sum()))}")
    if not _vary(paid.flatten()):
        raise RuleSkipped("rows with a reward among rows without one")
    usual = max(share(paid[lone]), share(paid[inside]))
    measured, limit = share(paid[after]) - usual, case.thresholds.alignment_reward_gap
    if measured > limit:
        message = (
            f"{percent(share(paid[after]))} of the rows right after an end hold a reward, at most {percent(usual)} of"
            f" others and of the ends themselves (threshold for the difference {percent(limit)})."
        )
        yield _misplaced_rewards(message, measured, limit, pad(paid & after, (1, 0)))
        return
    lost = paid & after & ~at
    count, most = int(lost.sum()), share(lost[paid])
    by_chance = share(after) ** count
    if count >= max(1, case.thresholds.min_jumps) and most > max(ALMOST_ALL, limit) and by_chance < CHANCE:
        message = (
            f"{percent(most)} of {counted(int(paid.sum()), 'reward')} stand right after an end"
            f" (threshold {percent(max(ALMOST_ALL, limit))})."
        )
        yield _misplaced_rewards(message, most, max(ALMOST_ALL, limit), pad(lost, (1, 0)))


def before_ends(case: Case) -> Iterator[RawFinding]:
    """Rewards come right before ends alone, and not at them."""
    reward, end = case.field("reward"), case.episodes.end
    paid, at, before = (reward != 0)[:, :-1], end[:, :-1], end[:, 1:] & ~end[:, :-1]
    few = max(1, case.thresholds.min_jumps)
    if _stand(paid, before, few):
        lost = paid & before
        measured = share(before[paid])
        message = (
            f"{percent(measured)} of {counted(int(paid.sum()), 'reward')} stand right before an end"
            f" (threshold {percent(ALMOST_ALL)}): rewards stand a row early, or ends a row late."
        )
        yield _misplaced_rewards(message, measured, ALMOST_ALL, pad(lost, (0, 1)))
    elif not _stand(paid, at, few):
        raise RuleSkipped("rewards at ends alone")


def _stand(paid: Tensor, place: Tensor, few: int) -> bool:
    """Whether almost all rewards stand in such places, and not by chance."""
    count = int((paid & place).sum())
    return count >= few and share(place[paid]) > ALMOST_ALL and share(place) ** count < CHANCE


def _misplaced_rewards(message: str, measured: float, limit: float, mask: Tensor) -> RawFinding:
    return RawFinding(
        message=message, measured=measured, threshold=limit, mask=mask, field="step_stream.reward",
        explains=LOOKS_LIKE_A_RESET,
    )  # fmt: skip
