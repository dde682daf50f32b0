"""The rule over the order of rows."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding, Severity
from mouse.diagnosis.need import any_of, condition, field
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.rules.rows import rows_of
from mouse.evidence.order import MOST_PERIOD, explained_by_row
from mouse.evidence.repeats import same_as_before
from mouse.losses.fields import STEP_STREAM

MIN_KNOWN = 8
"""Pairs of rows that tell whether a sequence is in order."""
IN_TURN = 0.5
"""Share of the rows to which a counter goes on from the row a period before, where recordings are interleaved."""
OFF = 0.25
"""Share of the rows, but for first ones, to which a counter does not go on in a sequence without order."""
TOLD = 0.15
"""Share of an observation that the row a period before tells at least where recordings are interleaved."""
TWICE = 0.95
"""Share of every other row that repeats the row before, where each was stored twice."""
ONCE = 0.5
"""Share of the rows between that do so at most: a sequence that stands still repeats all of its rows."""
STANDS_OUT = 5
"""Times as much as the rows tell that are no period before; measured: 17 and more, in random worlds as well."""


def _has_observations(case: Case) -> bool:
    return case.observations is not None


@rule(
    "rows-not-in-order",
    "warning",
    needs=(
        condition("sequences of three steps", lambda case: case.shape is not None and case.shape[1] > 2),
        any_of(field("time"), condition("observations", _has_observations)),
    ),
    thresholds=("min_samples", "shuffled_share", "predictable_share"),
    shows="Sequences in which `time` neither goes on nor begins anew between a quarter of the rows; without `time`, how"
    " much of an observation the row before tells, and the rows two to sixteen before. It is information where no row"
    " tells another: contexts that are drawn anew are so too. Of a large batch, a sample of the rows is looked at. Also"
    " sequences in which every other row repeats the row before it in every field.",
    why="A pair of rows is trained as a transition, and these are none.",
    fix="Sort by recording and step before sequences are cut; do not shuffle rows.",
    explains=(
        "sequence-straddle", "alignment-off-by-one", "ends-missing", "end-inside-episode", "truncation-bootstrap",
        "reset-pair", "done-merged", "episode-too-short", "reward-not-a-function", "q-overestimation", "legal-mask",
        "padded-q-finite", "invalid-action-taken", "rows-apart", "q-star-contradicted",
    ),
    sources=("https://github.com/chainer/chainerrl/pull/442",),
)  # fmt: skip
def rows_not_in_order(case: Case) -> Iterator[RawFinding]:
    """Rows do not follow one another.

    Rows were shuffled, those of several environments are interleaved, or each was stored twice.
    """
    twice = list(_stored_twice(case))
    yield from twice or (_by_time(case) if case.optional("time") is not None else _by_observations(case))


def _stored_twice(case: Case) -> Iterator[RawFinding]:
    fields = rows_of(case)
    if len(fields) < 2 or fields[0].shape[1] < 2 * MIN_KNOWN:
        return
    again = same_as_before(fields)
    shares = torch.stack([again[:, start::2].double().mean(dim=1) for start in (0, 1)])
    twice = (shares.amax(dim=0) > TWICE) & (shares.amin(dim=0) < ONCE)
    measured, limit = share(twice), case.thresholds.shuffled_share
    if measured > limit:
        message = (
            f"Each row of {int(twice.sum()):,} of {len(twice):,} sequences stands there twice, equal in every field"
            f" (threshold {percent(limit)})."
        )
        mask = again & twice.unsqueeze(1)
        fix = "Store each step once."
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, field=STEP_STREAM, fix=fix)


def _by_time(case: Case) -> Iterator[RawFinding]:
    time, done = case.field("time"), case.optional("done")
    running = torch.ones_like(time[:, 1:], dtype=torch.bool)
    if done is not None:
        running = (done[:, 1:] == 0) & (done[:, :-1] == 0)
    known = running & (time[:, 1:] >= 0) & (time[:, :-1] >= 0)
    known &= time[:, 1:] > time.where(time >= 0, torch.iinfo(torch.int64).max).min()  # one may begin anew after any row
    needed = max(1, case.thresholds.min_samples)
    if int(known.sum()) < needed:
        raise RuleSkipped(f"{needed} pairs of rows with time and without an end, found {int(known.sum()):,}")
    step = time[:, 1:] - time[:, :-1]
    usual = step[known].mode().values
    off = known & (step != (usual if usual > 0 else 1))
    shuffled = (off.sum(dim=1) > OFF * known.sum(dim=1)) & (known.sum(dim=1) >= MIN_KNOWN)
    measured, limit = share(shuffled), case.thresholds.shuffled_share
    if measured > limit:
        period = next((rows for rows in _periods(time) if share(time[:, rows:] - time[:, :-rows] == 1) > IN_TURN), None)
        message = (
            f"time does not go on between many rows of {int(shuffled.sum()):,} of {len(shuffled):,} sequences"
            f" (threshold {percent(limit)}){_in_turn(period)}."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=off, field="step_stream.time")


def _periods(values: Tensor) -> range:
    """Numbers of interleaved recordings that sequences are long enough to tell."""
    return range(2, min(MOST_PERIOD, values.shape[1] - 1) + 1)


def _in_turn(period: int | None) -> str:
    return "" if period is None else f"; it goes on every {period} rows, as with {period} interleaved recordings"


def _by_observations(case: Case) -> Iterator[RawFinding]:
    observations, done = case.observations, case.optional("done")
    assert observations is not None  # noqa: S101  the rule needs them
    end = torch.zeros(observations.shape[:2], dtype=torch.bool) if done is None else done != 0
    every = max(1, -(-end.numel() // 2**15))
    shown, running = observations[::every], ~end[::every]
    measured, limit = explained_by_row(shown, running, 1), case.thresholds.predictable_share
    if measured is None:
        raise RuleSkipped("time, or observations that come again or are few numbers")
    if measured < limit:
        explained = {rows: explained_by_row(shown, running, rows) or 0.0 for rows in _periods(shown)}
        period = max(explained, key=lambda rows: explained[rows])
        others = max(measured, *(told for rows, told in explained.items() if rows % period), 0.0)
        stands_out = explained[period] > max(TOLD, STANDS_OUT * others)
        severity: Severity = "warning" if stands_out else "info"
        message = (
            f"The row before tells {percent(max(0.0, measured))} of an observation (threshold {percent(limit)})"
            f"{_in_turn(period if severity == 'warning' else None)}."
        )
        yield RawFinding(
            message=message, measured=measured, threshold=limit, field="step_stream.obs", severity=severity
        )
