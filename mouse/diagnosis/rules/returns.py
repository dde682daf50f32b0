"""Rules over what a reward is: a sum over n steps, or another number each time for one and the same step."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import Change, RawFinding
from mouse.diagnosis.need import actions, condition, config, field, in_order
from mouse.diagnosis.numbers import share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.evidence.agreement import codes, pair_codes

AGREE = 1e-3
"""How far a discount may be from the one that rewards tell."""
MOST = 0.5
LOWEST = 0.8
"""Discount below which two rewards are rather different ones than a sum."""


@rule(
    "n-step-discount",
    "warning",
    needs=(in_order, field("done"), field("time"), field("reward"), config("dqn")),
    thresholds=("min_jumps",),
    shows="Ends that are marked in the same n rows while `time` goes on, as in steps that sum rewards over n. The last"
    " two rewards of an episode tell the discount they were summed with, whose n-th power belongs in the config. It is"
    " information where they do not tell it.",
    why="The value of the state n steps on is weighted as if it were one step away: targets are too far-sighted.",
    fix="Set gamma to the n-th power of the discount that the rewards were summed with.",
    sources=(
        "https://github.com/qfettes/DeepRL-Tutorials/issues/1", "https://github.com/younggyoseo/FastTD3/issues/6",
    ),
)  # fmt: skip
def n_step_discount(case: Case) -> Iterator[RawFinding]:
    """Rewards over n steps are bootstrapped with the discount of one.

    Rewards are summed over n steps, and the target discounts the value n steps on by gamma instead of gamma^n.
    """
    steps = case.episodes.n_steps
    if steps == 1:
        return
    gamma, cfg = _summed_with(case), case.config("dqn")
    if gamma is None:
        message = (
            f"Each end is marked in {steps} rows while time goes on: rewards over {steps} steps need gamma^{steps}."
        )
        yield RawFinding(message=message, measured=steps, threshold=1, field="configs.dqn.gamma", severity="info")
    elif abs(cfg.gamma - gamma**steps) > AGREE:
        right = round(gamma, 4) ** steps
        message = (
            f"gamma is {cfg.gamma:g}, expected {right:.6g}: rewards are summed over {steps} steps with a discount of"
            f" {gamma:.4g}, as the last two of episodes tell, and ends over {steps} rows."
        )
        change = Change("dqn.gamma", round(right, 9))
        yield RawFinding(message=message, measured=cfg.gamma, threshold=right, field="configs.dqn.gamma", change=change)


def _summed_with(case: Case) -> float | None:
    """Discount that the last two rewards of most episodes tell: the last holds one reward, the one before two."""
    end, reward = case.episodes.end, case.field("reward").double()
    row, step = end[:, 1:].nonzero(as_tuple=True)
    last, before = reward[row, step + 1], reward[row, step]
    ratios = ((before - last) / last)[last != 0]
    likely = ratios[(ratios > LOWEST) & (ratios <= 1)]
    if len(likely) <= MOST * len(ratios):
        return None
    usual = float(likely.median())
    return usual if share((likely - usual).abs() < AGREE) > MOST else None


@rule(
    "reward-not-a-function",
    "info",
    needs=(field("reward"), actions, condition("observations", lambda case: case.observations is not None)),
    thresholds=("min_samples", "reward_noise"),
    shows="The standard deviation of rewards of one and the same step (observation, action, next observation) over"
    " that of all rewards.",
    why="Rewards that are rescaled while they are stored mean something else in each part of a buffer.",
    fix="Store raw rewards and scale them when they are read; nothing is wrong in a world whose rewards are random.",
    sources=("https://github.com/DLR-RM/stable-baselines3/issues/1040",),
)
def reward_not_a_function(case: Case) -> Iterator[RawFinding]:
    """One and the same step has many rewards.

    The reward of a step changes although nothing else does, as where running statistics normalise it.
    """
    again, measured = reward_noise(case)
    needed, limit = max(1, case.thresholds.min_samples), case.thresholds.reward_noise
    if again < needed:
        raise RuleSkipped(f"{needed} steps that come again, found {again:,}")
    if measured > limit:
        message = (
            f"Rewards of one and the same step differ by {measured:.2g} times as much as all rewards do"
            f" (threshold {limit:g})."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, field="step_stream.reward")


def reward_noise(case: Case) -> tuple[int, float]:
    """How many steps come again, and how much their rewards differ, relative to all rewards; needs `reward`."""
    dynamics = case.dynamics
    assert dynamics.reward is not None  # noqa: S101  the rules need it
    real = dynamics.running & dynamics.reward[:, 1:].isfinite()
    here = real.nonzero(as_tuple=True)
    if len(here[0]) < 2:
        raise RuleSkipped("two transitions")
    now, after = (codes(half[here]) for half in (dynamics.obs[:, :-1], dynamics.obs[:, 1:]))
    step = pair_codes(pair_codes(now, after), codes(dynamics.action[:, 1:][here]))
    reward = dynamics.reward[:, 1:][here].double()
    again, within = _within(step, reward)
    usual = float(reward.std(correction=0))
    return again, within / usual if usual else 0.0


def _within(step: Tensor, reward: Tensor) -> tuple[int, float]:
    """How many steps come again, and the standard deviation of the rewards within them."""
    count = torch.bincount(step)
    mean = torch.bincount(step, reward) / count.clamp_min(1)
    again = count[step] > 1
    free = int(again.sum()) - int((count > 1).sum())
    left = (reward - mean[step])[again].square().sum()
    return int(again.sum()), float(left / max(1, free)) ** 0.5
