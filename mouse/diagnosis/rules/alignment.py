"""The rule over alignment: whether a row holds what led to it, or what was done in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import actions, in_order
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import PartSkipped, RuleSkipped
from mouse.diagnosis.rules import lags, misplaced

Route = Callable[[Case], Iterator[RawFinding]]
PROOFS: tuple[Route, ...] = (lags.of_actions, lags.of_rewards, lags.of_values, lags.of_ends)
"""Where one of them speaks, what the others see follows from it."""
SIGNS: tuple[Route, ...] = (
    misplaced.against_q_star, misplaced.dependence, misplaced.first_rewards, misplaced.after_ends,
    misplaced.before_ends,
)  # fmt: skip

OF_ACTIONS: tuple[Route, ...] = (lags.of_actions, lags.of_values, misplaced.against_q_star, misplaced.dependence)
"""Where none of them can see anything, an action could stand anywhere, whatever is known of rewards and ends."""
OF_PARTS: dict[str, tuple[Route, ...]] = {
    "rewards": (lags.of_rewards, lags.of_values, misplaced.dependence, misplaced.before_ends),
    "ends": (lags.of_ends,),
}
"""The same for these: they would see a shift in either direction, which rewards on first rows or after ends do not."""

MEANT = "Nothing, where your function pairs rows so; else shift by one row."


@rule(
    "alignment-off-by-one",
    "warning",
    needs=(in_order, actions),
    thresholds=(
        "min_samples", "min_episodes", "min_jumps", "alignment_gap", "alignment_first_reward", "alignment_reward_gap",
        "alignment_dependence",
    ),
    shows="Which row's action settles what an observation leaves open about the next one, or where the world is random"
    " goes with both ends of a step; which row's reward goes with observation and action; and how far ends lie from"
    " the places where `time` begins anew or observations jump. With `q_star`: with which row's action and reward its"
    " Bellman equation holds, and how often the best action of a row is the action of the same row, against that of"
    " the next. Without: how much of the reward's variance the action of a neighbouring row explains beyond that of"
    " its own. Rewards on first rows of episodes (`time` = 0); rewards right after ends or right before them, not at"
    " them. A loss function of one's own may pair rows otherwise: beside one, what stands with the state that it"
    " leaves is information. Observations and `q_star` of a large batch are looked at in a sample of the steps.",
    why="Every target pairs a state with another transition's reward; the loss still falls, towards wrong values.",
    fix="Shift by one row: row t holds the action, reward and done that led to the observation of row t.",
    sources=("https://github.com/takuseno/d3rlpy/issues/18", "https://github.com/danijar/dreamerv3/issues/58"),
)  # fmt: skip
def alignment_off_by_one(case: Case) -> Iterator[RawFinding | PartSkipped]:
    """Action, reward or done stand with another row.

    Action, reward and done are stored with the state they leave, or one of the three lags behind the others; a batch
    holds them with the state they produced.
    """
    missing: dict[Route, str] = {}
    found = list(_looked(case, PROOFS, missing)) or list(_looked(case, SIGNS, missing))
    yield from found if case.read_by_functions is None else map(_of_functions, found)
    if found:
        return
    if missing.keys() >= set(OF_ACTIONS):
        routes = OF_ACTIONS if len(missing) < len(PROOFS) + len(SIGNS) else (*PROOFS, *SIGNS)
        raise RuleSkipped(_needs(routes, missing))
    for part, routes in OF_PARTS.items():
        if missing.keys() >= set(routes):
            yield PartSkipped(part, _needs(routes, missing))


def _of_functions(found: RawFinding) -> RawFinding:
    """The same where functions of the user's own pair rows: what stands with the state that it leaves may be meant."""
    return found if isinstance(found, lags.Misplaced) and found.lag != 0 else replace(found, severity="info", fix=MEANT)


def _needs(routes: Iterable[Route], missing: Mapping[Route, str]) -> str:
    return " or ".join(dict.fromkeys(missing[route] for route in routes))


def _looked(case: Case, routes: tuple[Route, ...], missing: dict[Route, str]) -> Iterator[RawFinding]:
    for route in routes:
        try:
            yield from route(case)
        except RuleSkipped as reason:
            missing[route] = str(reason)
