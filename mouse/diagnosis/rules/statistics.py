"""The statistics to look at first, whatever else is wrong."""

import math
from collections.abc import Iterator

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import any_of, finite
from mouse.diagnosis.numbers import correlation, percent, quantile, variance_ratio
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped


@rule(
    "value-statistics",
    "info",
    needs=(any_of(finite("dqn"), finite("sp")),),
    shows="Residual variance: variance of td_error over that of td_target. Terminal correlation: of q_taken with the"
    " reward, over terminal transitions. Relative entropy: of the student, over its largest. Target distribution:"
    " minimum, median, mean and maximum of td_target.",
    why="They tell at a glance whether anything is learned, and of what size it is.",
    fix="Compare them with those of a run that works.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def value_statistics(case: Case) -> Iterator[RawFinding]:
    """Residual variance, terminal correlation, relative entropy, target distribution.

    The statistics that Andy Jones recommends in "Debugging RL, Without the Agonizing Pain", by his names.
    """
    if case.running("dqn") and bool(case.evaluation("dqn").mean.isfinite()):
        yield from _of_values(case)
    if case.running("sp") and bool(case.evaluation("sp").mean.isfinite()):
        yield from _of_policy(case)


def _of_values(case: Case) -> Iterator[RawFinding]:
    terms = case.evaluation("dqn").terms
    residual = variance_ratio(terms.td_error, terms.td_target)
    if not math.isnan(residual):
        yield RawFinding(
            message=f"Residual variance: {residual:.3g} of the targets' variance is not predicted.",
            measured=residual,
            field="out.dqn",
            fix="It should fall from about 1 early on. Near 1 nothing is learned; above, it is worse than the mean.",
        )
    final, reward = terms.q_taken[terms.terminal], terms.reward[terms.terminal]
    tied = correlation(final, reward) if len(final) > 1 else math.nan
    if not math.isnan(tied):
        ends = f"{len(final):,} terminal transitions"
        yield RawFinding(
            message=f"Terminal correlation: {tied:.3g} of q_taken with the reward, {ends}.",
            measured=tied,
            field="out.dqn",
            fix="It should rise first, towards 1: nothing is bootstrapped there. Near 0, check rewards and ends.",
        )
    target = terms.td_target
    middle = quantile(target, 0.5)
    low, high, mean = float(target.amin()), float(target.amax()), float(target.mean())
    spread = f"{low:.3g} to {high:.3g}, median {middle:.3g}, mean {mean:.3g}"
    yield RawFinding(
        message=f"Target distribution: {spread}.",
        measured=middle,
        field="out.dqn_target",
        fix="It should lie within a few units of 0; else scale the rewards.",
    )


def _of_policy(case: Case) -> Iterator[RawFinding]:
    entropy = case.student_entropy
    if not entropy.numel():
        raise RuleSkipped("a step with two valid actions")
    measured = float(entropy.double().mean())
    yield RawFinding(
        message=f"Relative entropy: the student's is {percent(measured)} of the largest.",
        measured=measured,
        field="out.sp",
        fix="It should start near 100 %, fall fast, and flatten out above 0: at 0 the policy has collapsed.",
    )
