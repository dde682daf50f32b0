"""The rule over observations that no step changes."""

from collections.abc import Iterator

from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import at_least, condition
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.evidence.agreement import codes

LONG = 16
"""Steps of a sequence that stands still, from which on it counts."""
STILL = 0.05
"""Share of such sequences."""
MANY = 8
"""Different observations that the batch holds at least: a world of a few states may well stand still."""


def _running(case: Case) -> Tensor:
    """Steps that neither end an episode nor follow an end, ``[B, S-1]``."""
    done = case.field("done")
    return (done[:, 1:] == 0) & ((done[:, :-1] == 0) | case.unordered)


@rule(
    "observation-frozen",
    "warning",
    needs=(
        condition("observations", lambda case: case.observations is not None),
        at_least("min_samples", "steps that end no episode", lambda case: int(_running(case).sum())),
    ),
    thresholds=("frozen_share", "min_samples"),
    shows="The share of the steps, ends apart, that leave every field of the observation exactly as it was, although"
    " the batch holds many different ones. As information: single sequences that never change.",
    why="The next state is the state itself: every target bootstraps from the value that it is meant to correct.",
    fix="Copy observations when they are stored: a simulator that writes into one array changes all that was kept.",
    explains=("alignment-off-by-one", "reward-not-a-function", "q-star-contradicted", "padding", "rows-not-in-order"),
    sources=("https://github.com/openai/gym/issues/2510",),
)
def observation_frozen(case: Case) -> Iterator[RawFinding]:
    """No step changes the observation.

    Observation and next observation are one array, or every row of a sequence holds its last observation.
    """
    observations = case.observations
    assert observations is not None  # noqa: S101  the rule needs it
    running = _running(case)
    count = int(running.sum())
    same = (observations[:, 1:] == observations[:, :-1]).all(dim=-1) & running
    measured, limit = share(same[running]), case.thresholds.frozen_share
    if measured <= limit:
        yield from _still(same, running)
    elif int(codes(observations[:, 0]).max()) + 1 >= MANY:
        message = (
            f"{percent(measured)} of {count:,} steps leave the observation exactly as it was (threshold"
            f" {percent(limit)}), although sequences differ in it."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=same, field="step_stream")


def _still(same: Tensor, running: Tensor) -> Iterator[RawFinding]:
    """Some sequences alone: an agent that is stuck makes such ones too."""
    frozen = (same.sum(dim=1) >= LONG) & (same == running).all(dim=1)
    measured = share(frozen)
    if measured > STILL:
        message = (
            f"{int(frozen.sum()):,} of {len(frozen):,} sequences hold one and the same observation throughout"
            f" (threshold {percent(STILL)})."
        )
        mask = same & frozen.unsqueeze(1)
        fix = "Check that observations are copied when they are stored; nothing is wrong with an agent that is stuck."
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=STILL,
            mask=mask,
            field="step_stream",
            fix=fix,
            severity="info",
        )
