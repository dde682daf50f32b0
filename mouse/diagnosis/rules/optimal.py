"""The rule over optimal values that contradict the steps of the batch."""

from collections.abc import Iterator

from mouse.diagnosis.case import Case
from mouse.diagnosis.dynamics import CONVENTION
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import actions, field, in_order
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.rules.returns import reward_noise
from mouse.evidence.bellman import ValueFit, fitted_values

CERTAIN = 0.98
"""Share of what an observation leaves open that the action settles in a world without chance."""
SOLVED = 0.95
"""Share of the steps from which on the scale and the discount that they tell are those of the values."""
EXACT = 0.005
"""Error of a step that tells them, in standard deviations of the values."""
GAMMA_OFF = 0.005
"""How far the discount of a config may be from theirs."""


@rule(
    "q-star-contradicted",
    "warning",
    needs=(in_order, field("q_star"), field("reward"), field("done"), actions),
    thresholds=("value_share", "value_error", "reward_noise", "min_samples"),
    shows="How far `q_star` of the action taken lies from reward plus discounted best `q_star` of the next row, in"
    " standard deviations of `q_star`, with the scale of the reward and the discount that fit best. Only in a world"
    " without chance, which observations show, and with rewards of one step each, does every single step have to"
    " agree. As information: the discount that `q_star` tells, where that of the DQN loss is another.",
    why="A teacher that is wrong is imitated faithfully: the policy and value losses fall, towards a worse agent.",
    fix="Compute q_star for the rewards as they are stored, of the same row's state, with actions in the same order, as"
    " values to maximise; and check that the actions are those that were taken.",
    sources=("https://github.com/takuseno/d3rlpy/issues/18",),
)  # fmt: skip
def q_star_contradicted(case: Case) -> Iterator[RawFinding]:
    """Optimal values contradict the steps.

    q_star is of other states, other rewards or another order of actions, or the actions are not those that were taken.
    """
    action = case.integers("action")
    lag = case.dynamics.action_lag
    if lag.lag != CONVENTION or lag.explained[CONVENTION] < CERTAIN:
        raise RuleSkipped("observations that show a world without chance")
    again, noise = reward_noise(case)
    if (
        "step_stream.gamma_n" in case.tensors
        or again < case.thresholds.min_samples
        or noise > case.thresholds.reward_noise
    ):
        raise RuleSkipped("rewards of one step each, which come again and are the same again")
    if not bool((case.field("reward") != 0).any()):
        raise RuleSkipped("a reward other than 0")
    found = fitted_values(case.field("q_star"), action, case.field("reward"), case.field("done"))
    if found is None or int(found.used.sum()) < max(2, case.thresholds.min_samples):
        raise RuleSkipped(f"{max(2, case.thresholds.min_samples)} steps with q_star before and after")
    off = found.used & (found.error > case.thresholds.value_error)
    measured, limit = share(off[found.used]), case.thresholds.value_share
    if measured > limit:
        message = (
            f"q_star of the action taken differs in {percent(measured)} of the steps from reward plus discounted best"
            f" q_star of the next row by more than {case.thresholds.value_error:g} standard deviations of it (threshold"
            f" {percent(limit)}), whatever the discount and the scale of the reward."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=off, field="step_stream.q_star")
    elif share((found.error < EXACT)[found.used]) >= SOLVED:
        yield from _of_scale(case, found)


def _of_scale(case: Case, found: ValueFit) -> Iterator[RawFinding]:
    if found.scale < 0:
        message = f"q_star goes with {found.scale:.4g} times the reward (threshold 0): with the opposite sign."
        yield RawFinding(message=message, measured=found.scale, threshold=0, field="step_stream.q_star")
        return
    config = case.or_none(lambda: case.config("dqn"))
    if config is not None and abs(found.gamma - config.gamma) > GAMMA_OFF:
        message = (
            f"q_star discounts by {found.gamma:.4g}, dqn.gamma is {config.gamma:g} (threshold for the difference"
            f" {GAMMA_OFF:g})."
        )
        fix = "Nothing, where the two losses are meant to look ahead differently far; else use one discount for both."
        yield RawFinding(
            message=message, measured=found.gamma, threshold=GAMMA_OFF, field="dqn.gamma", fix=fix, severity="info"
        )
