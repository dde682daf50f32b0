"""The rule over alignment: whether a row holds what led to it, or what was done in it."""

import math
from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import Found
from mouse.diagnosis.need import field, in_order
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule

SIGMAS = 4
MAX_ACTIONS = 1024


@rule(
    "alignment-off-by-one",
    "warning",
    needs=(in_order, field("action"), field("reward"), field("done")),
    thresholds=(
        "min_samples", "min_episodes", "alignment_gap", "alignment_first_reward", "alignment_reward_gap",
        "alignment_dependence",
    ),
    shows="With `q_star`: how often the best action of a row is the action of the same row, against that of the next."
    " Without: how much of the reward's variance the action of a neighbouring row explains beyond that of its own."
    " Rewards on first rows of episodes (`time` = 0); rewards right after ends, not at them.",
    why="Every target pairs a state with another transition's reward; the loss still falls, towards wrong values.",
    fix="Shift by one row: row t holds the action, reward and done that led to the observation of row t.",
    sources=("https://github.com/takuseno/d3rlpy/issues/18", "https://github.com/danijar/dreamerv3/issues/58"),
)  # fmt: skip
def alignment_off_by_one(case: Case) -> Iterator[Found]:
    """Action, reward or done are stored a row too early.

    Action, reward and done are stored with the state they leave, or one of the three lags behind the others; a batch
    holds them with the state they produced.
    """
    if case.optional("q_star") is not None:
        yield from _against_q_star(case)
    else:
        yield from _dependence(case)
    yield from _first_rewards(case)
    yield from _after_ends(case)


def _against_q_star(case: Case) -> Iterator[Found]:
    action, q_star = case.whole("action"), case.field("q_star")
    best = q_star == q_star.amax(dim=-1, keepdim=True)
    decided = best.sum(dim=-1) < q_star.isfinite().sum(dim=-1)
    used = decided[:, :-1] & ~case.episodes.no_transition & ~case.episodes.reset_rows[:, :-1]
    same, following = _hits(best[:, :-1], action[:, :-1])[used], _hits(best[:, :-1], action[:, 1:])[used]
    if len(same) < max(2, case.thresholds.min_samples):
        return
    gap = same.double() - following.double()
    measured, limit = float(gap.mean()), case.thresholds.alignment_gap
    if measured > limit and measured > SIGMAS * float(gap.std()) / math.sqrt(len(gap)):
        message = (
            f"q_star's best action is that of its own row in {percent(share(same))} of the steps, and that of the next"
            f" row in {percent(share(following))} (threshold for the difference {percent(limit)})."
        )
        yield Found(message=message, measured=measured, threshold=limit, field="step_stream.action")


def _hits(best: Tensor, action: Tensor) -> Tensor:
    existing = action.clamp(0, best.shape[-1] - 1)
    return best.gather(-1, existing.unsqueeze(-1)).squeeze(-1) & (existing == action)


def _dependence(case: Case) -> Iterator[Found]:
    action, reward = case.whole("action"), case.field("reward")
    real = ~case.episodes.no_transition & ~case.episodes.reset_rows[:, :-1]
    real &= reward[:, 1:].isfinite() & reward[:, :-1].isfinite()
    if int(real.sum()) < max(2, case.thresholds.min_samples) or int(action.max() - action.min()) > MAX_ACTIONS:
        return
    before, after = action[:, :-1][real], action[:, 1:][real]
    own = max(_explained(reward[:, 1:][real], after), 0)
    neighbours = {
        "previous": _explained(reward[:, 1:][real], before),
        "next": _explained(reward[:, :-1][real], after),
    }
    limit = case.thresholds.alignment_dependence
    for which, explained in neighbours.items():
        if explained - own > limit:
            message = (
                f"The {which} row's action explains {percent(explained)} of the rewards' variance, that of their own"
                f" row {percent(own)} (threshold for the difference {percent(limit)})."
            )
            yield Found(message=message, measured=explained - own, threshold=limit, field="step_stream.action")


def _explained(reward: Tensor, action: Tensor) -> float:
    """Share of the reward's variance between actions, adjusted for their number; 0 where nothing varies."""
    _actions, group = cast("tuple[Tensor, Tensor]", action.unique(return_inverse=True))
    wide = reward.double()
    count = torch.bincount(group).double()
    mean = torch.bincount(group, wide) / count
    total, within = float((wide - wide.mean()).square().sum()), float((wide - mean[group]).square().sum())
    free = len(wide) - len(count)
    return 1 - within / free * (len(wide) - 1) / total if total and free > 0 else 0.0


def _first_rewards(case: Case) -> Iterator[Found]:
    time, reward = case.optional("time"), case.field("reward")
    if time is None:
        return
    first = (time == 0) & ~case.episodes.end
    bad = first & (reward != 0) & ~reward.isnan()
    measured, limit = share(bad[first]), case.thresholds.alignment_first_reward
    if measured > limit:
        message = (
            f"{percent(measured)} of the first rows of episodes (time = 0) hold a reward, though nothing led to them"
            f" (threshold {percent(limit)})."
        )
        yield Found(message=message, measured=measured, threshold=limit, mask=bad, field="step_stream.reward")


def _after_ends(case: Case) -> Iterator[Found]:
    reward, end = case.field("reward"), case.episodes.end
    paid, at, after = (reward != 0)[:, 1:], end[:, 1:], end[:, :-1]
    lone, inside = at & ~after, ~at & ~after
    if min(int(group.sum()) for group in (after, lone, inside)) < max(1, case.thresholds.min_episodes):
        return
    usual = max(share(paid[lone]), share(paid[inside]))
    measured, limit = share(paid[after]) - usual, case.thresholds.alignment_reward_gap
    if measured > limit:
        message = (
            f"{percent(share(paid[after]))} of the rows right after an end hold a reward, at most {percent(usual)} of"
            f" others and of the ends themselves (threshold for the difference {percent(limit)})."
        )
        mask = torch.zeros_like(end)
        mask[:, 1:] = paid & after
        yield Found(message=message, measured=measured, threshold=limit, mask=mask, field="step_stream.reward")
