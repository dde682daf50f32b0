"""Rules over targets and the values they are made of."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import Change, RawFinding
from mouse.diagnosis.need import any_of, field, finite, in_order, transitions
from mouse.diagnosis.numbers import quantile, round_down, variance_ratio
from mouse.diagnosis.rule import rule
from mouse.wording import counted


@rule(
    "target-scale",
    "warning",
    needs=(finite("dqn"), transitions()),
    thresholds=("target_high", "target_low", "min_samples"),
    shows="The 99th percentile of |td_target|.",
    why="The squared error grows with the square of the scale: its gradient saturates the clip or drowns in noise.",
    fix="Scale the rewards; the bootstrap follows as the values are learned anew.",
    sources=("https://andyljones.com/posts/rl-debugging.html", "http://joschu.net/docs/nuts-and-bolts.pdf"),
)
def target_scale(case: Case) -> Iterator[RawFinding]:
    """Targets are far from the size that networks regress well.

    Targets are so large or so small that a network cannot follow them at usual learning rates.
    """
    found, limits = case.evaluation("dqn"), case.thresholds
    size = found.terms.td_target.abs()
    measured = quantile(size, 0.99)
    if limits.target_low <= measured <= limits.target_high or measured == 0:
        return
    too_high = measured > limits.target_high
    limit = limits.target_high if too_high else limits.target_low
    message = f"The 99th percentile of |td_target| is {measured:.3g}, {'above' if too_high else 'below'} {limit:g}."
    mask = size > limit if too_high else torch.ones_like(size, dtype=torch.bool)
    scale = found.cfg.reward_scale / measured if found.cfg.reward_scale else 1.0
    change = Change("dqn.reward_scale", round_down(scale)) if math.isfinite(scale) else None
    yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, loss="dqn", change=change)


@rule(
    "q-overestimation",
    "warning",
    needs=(finite("dqn"), transitions()),
    thresholds=("overestimation_factor", "overestimation_floor", "overestimation_bias", "min_samples"),
    shows="The largest |q_next_max| that a target uses against max |reward| / (1 - gamma) over the batch; with"
    " `q_star`, the mean of q_taken - q_star of the action taken against their size (root mean square of"
    " q_star plus largest |reward|), and how it goes on along the sequences.",
    why="The policy prefers the actions whose values are most wrong.",
    fix="A slower target (smaller tau), clipped double Q, a CQL penalty; check ends and the reward's scale first.",
    explains=("target-scale",),
    sources=("https://github.com/sfujim/TD3/issues/24", "https://github.com/takuseno/d3rlpy/issues/387"),
)
def q_overestimation(case: Case) -> Iterator[RawFinding]:
    """Values above what the rewards can pay.

    The maximum over noisy values is too high, the bootstrap feeds it back, and values grow without bound.
    """
    terms, limits = case.evaluation("dqn").terms, case.thresholds
    gamma, most = float(terms.discount.amax()), float(terms.reward.abs().amax())
    if gamma < 1 and most > 0:
        ceiling = max(most / (1 - gamma), limits.overestimation_floor)
        value = torch.where(terms.discount == 0, 0, terms.q_next_max).abs()
        measured = float(value.amax()) / ceiling
        if measured > limits.overestimation_factor:
            mask = value > ceiling * limits.overestimation_factor
            message = (
                f"|q_next_max| reaches {float(value.amax()):.3g}, {measured:.2g} times the {ceiling:.3g} that rewards"
                f" of at most {most:.3g} can pay (threshold {limits.overestimation_factor:g} times)."
            )
            limit = limits.overestimation_factor
            yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, loss="dqn")
    q_star = case.optional("q_star")
    if q_star is not None and q_star.shape[2] == terms.q.shape[2]:
        yield from _bias(case, q_star)


def _bias(case: Case, q_star: Tensor) -> Iterator[RawFinding]:
    terms, limits = case.evaluation("dqn").terms, case.thresholds
    best = q_star[:, :-1].gather(-1, terms.action.unsqueeze(-1)).squeeze(-1)
    used = best.isfinite() & ~case.episodes.no_transition
    if int(used.sum()) < limits.min_samples:
        return
    above = torch.where(used, terms.q_taken - best, 0)
    typical = math.sqrt(float(best[used].double().square().mean())) + float(terms.reward.abs().amax())
    measured = float(above[used].double().mean()) / typical if typical else 0.0
    if measured > limits.overestimation_bias:
        half = above.shape[1] // 2
        parts = (above[:, :half][used[:, :half]], above[:, half:][used[:, half:]])
        early, late = (f"{float(part.double().mean()):.3g}" for part in parts)
        halves = f"; {early} in the first half of the sequences, {late} in the second" if half else ""
        message = (
            f"q_taken lies {measured * typical:.3g} above q_star on average, {measured:.2g} times the size of"
            f" q_star and reward (threshold {limits.overestimation_bias:g}){halves}."
        )
        limit = limits.overestimation_bias
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=used & (above > 0), loss="dqn")


@rule(
    "discount-unbounded",
    "warning",
    needs=(finite("dqn"),),
    thresholds=("min_samples", "horizon_ratio"),
    shows="The largest discount where no transition has a smaller one; terminal transitions with `gamma_terminal` > 0."
    " As information: an effective horizon 1 / (1 - gamma) of many times S.",
    why="The fixed point of the target does not exist, or lies after death: values grow for as long as one trains.",
    fix="Use gamma < 1, and gamma_terminal = 0: nothing follows a terminal state.",
    sources=("http://joschu.net/docs/nuts-and-bolts.pdf",),
)
def discount_unbounded(case: Case) -> Iterator[RawFinding]:
    """Nothing bounds the sum of rewards.

    gamma = 1 without an end in the batch, or a positive discount into terminal states.
    """
    found, limits = case.evaluation("dqn"), case.thresholds
    terms, cfg = found.terms, found.cfg
    low = float(terms.discount.amin())
    if low == 1 and terms.discount.numel() >= limits.min_samples:
        message = f"Every one of {terms.discount.numel():,} transitions is discounted by 1, expected some below."
        yield RawFinding(
            message=message, measured=low, threshold=1, field="configs.dqn.gamma", change=Change("dqn.gamma", 0.99)
        )
    if cfg.gamma_terminal > 0 and bool(terms.terminal.any()):
        count = int(terms.terminal.sum())
        message = (
            f"{counted(count, 'terminal transition')} bootstrap, discounted by gamma_terminal = {cfg.gamma_terminal:g}"
            " (threshold 0)."
        )
        yield RawFinding(
            message=message,
            measured=cfg.gamma_terminal,
            threshold=0,
            mask=terms.terminal,
            loss="dqn",
            change=Change("dqn.gamma_terminal", 0.0),
        )
    steps = terms.discount.shape[1] + 1
    ratio = 1 / (1 - cfg.gamma) / steps if cfg.gamma < 1 else math.inf
    if limits.horizon_ratio < ratio < math.inf and not case.unordered:
        message = (
            f"The effective horizon of {1 / (1 - cfg.gamma):.0f} steps is {ratio:.3g} times the {steps} steps of a"
            f" sequence (threshold {limits.horizon_ratio:g} times)."
        )
        fix = "Check gamma: almost all of a value then comes from the bootstrap."
        field_name = "configs.dqn.gamma"
        yield RawFinding(
            message=message, measured=ratio, threshold=limits.horizon_ratio, field=field_name, fix=fix, severity="info"
        )


@rule(
    "target-equals-online",
    "warning",
    needs=(in_order, any_of(field("dqn_target"), field("vec_dqn_target"))),
    thresholds=("learned_residual",),
    shows="Exact equality of `dqn` and `dqn_target`, or of the vector heads. As information while the head has learned"
    " nothing yet (residual variance, or mean 1 - cosine, above the threshold): a fresh copy is equal, and right.",
    why="Nothing holds the target still: every update moves what it regresses to, and values can run away.",
    fix="Keep a copy of the head, and move it with polyak_update(tau) after each step; tau below 1.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def target_equals_online(case: Case) -> Iterator[RawFinding]:
    """The target head is the online head.

    The target head gives exactly what the online head gives: a copy was never made, or is made at every step.
    """
    for name in ("dqn", "vec_dqn"):
        online, target = case.optional(name), case.optional(f"{name}_target")
        if online is None or target is None or not torch.equal(online, target):
            continue
        left = _left_to_learn(case, name)
        copied = getattr(case.configs.get(name), "tau", 0) == 1
        learned = left < case.thresholds.learned_residual
        left_to_learn = "" if math.isnan(left) else f"; {left:.2g} of the variance is left to learn"
        yield RawFinding(
            message=f"{name}_target equals {name} in every one of {online.numel():,} entries (threshold:"
            f" not all){left_to_learn}.",
            measured=1,
            threshold=1,
            field=f"out.{name}_target",
            change=Change(f"{name}.tau", 0.005) if copied else None,
            severity=None if copied or learned else "info",
        )


def _left_to_learn(case: Case, name: str) -> float:
    """How much a head has left to learn, as a share; NaN where its loss does not tell."""
    for found in case.running(name):
        if name == "dqn":
            return variance_ratio(found.terms.td_error, found.terms.td_target)
        return float(found.mean)  # 1 - cosine: 1 where nothing has been learned
    return math.nan
