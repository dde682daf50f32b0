"""The rule over the order of rows."""

from collections.abc import Iterator

import torch

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import Found, Severity
from mouse.diagnosis.need import either, field, there
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.unchecked import Unchecked
from mouse.evidence.order import MOST_PERIOD, told_by_row_before

MIN_KNOWN = 8
"""Pairs of rows that tell whether a sequence is in order."""
IN_TURN = 0.5
"""Share of an observation that the row a period before tells at least where recordings stand in turn."""


def _has_observations(case: Case) -> bool:
    return case.observations is not None


@rule(
    "rows-not-in-order",
    "warning",
    needs=(
        there("sequences of three steps", lambda case: case.shape is not None and case.shape[1] > 2),
        either(field("time"), there("observations", _has_observations)),
    ),
    thresholds=("min_samples", "shuffled_share", "told_share"),
    shows="Sequences in which `time` does not go on between most rows; without `time`, how much of an"
    " observation the row before tells, and the rows two to sixteen before. It is information where no row tells"
    " another: contexts that are drawn anew are so too.",
    why="A pair of rows is trained as a transition, and these are none.",
    fix="Sort by recording and step before sequences are cut; do not shuffle rows.",
    explains=(
        "sequence-straddle", "alignment-off-by-one", "ends-missing", "end-inside-episode", "truncation-bootstrap",
        "reset-pair", "done-merged", "episode-too-short", "reward-not-a-function", "q-overestimation", "legal-mask",
        "padded-q-finite", "invalid-action-taken",
    ),
    sources=("https://github.com/chainer/chainerrl/pull/442",),
)  # fmt: skip
def rows_not_in_order(case: Case) -> Iterator[Found]:
    """Rows do not follow one another.

    Rows were shuffled, or those of several environments stand in turn.
    """
    yield from (_by_time(case) if case.optional("time") is not None else _by_observations(case))


def _by_time(case: Case) -> Iterator[Found]:
    time, done = case.field("time"), case.optional("done")
    running = torch.ones_like(time[:, 1:], dtype=torch.bool)
    if done is not None:
        running = (done[:, 1:] == 0) & (done[:, :-1] == 0)
    known = running & (time[:, 1:] >= 0) & (time[:, :-1] >= 0)
    needed = max(1, case.thresholds.min_samples)
    if int(known.sum()) < needed:
        raise Unchecked(f"{needed} pairs of rows with time and without an end, found {int(known.sum())}")
    step = time[:, 1:] - time[:, :-1]
    usual = step[known].mode().values
    off = known & (step != (usual if usual > 0 else 1))
    shuffled = (off.sum(dim=1) > (1 - IN_TURN) * known.sum(dim=1)) & (known.sum(dim=1) >= MIN_KNOWN)
    measured, limit = share(shuffled), case.thresholds.shuffled_share
    if measured > limit:
        period = next(
            (rows for rows in range(2, min(MOST_PERIOD, time.shape[1] - 1) + 1)
             if share(time[:, rows:] - time[:, :-rows] == 1) > IN_TURN), None,
        )  # fmt: skip
        message = (
            f"time does not go on between most rows of {int(shuffled.sum())} of {len(shuffled)} sequences"
            f" (threshold {percent(limit)}){_in_turn(period)}."
        )
        yield Found(message=message, measured=measured, threshold=limit, mask=off, field="step_stream.time")


def _in_turn(period: int | None) -> str:
    return "" if period is None else f"; it goes on every {period} rows, as where {period} recordings stand in turn"


def _by_observations(case: Case) -> Iterator[Found]:
    observations, done = case.observations, case.optional("done")
    assert observations is not None  # noqa: S101  the rule needs them
    end = torch.zeros(observations.shape[:2], dtype=torch.bool) if done is None else done != 0
    every = max(1, -(-end.numel() // 2**15))
    told = told_by_row_before(observations[::every], ~end[::every])
    if not told:
        raise Unchecked("time, or observations that come again or are few numbers")
    period = max(told, key=lambda rows: told[rows])
    measured, limit = told[1], case.thresholds.told_share
    severity: Severity = "warning" if told[period] > IN_TURN else "info"
    if measured < limit:
        message = (
            f"The row before tells {percent(max(0.0, measured))} of an observation (threshold {percent(limit)})"
            f"{_in_turn(period if severity == 'warning' else None)}."
        )
        yield Found(message=message, measured=measured, threshold=limit, field="step_stream.obs", severity=severity)
