r"""Change-point detection: where a series jumps, against its own history.

A jump at snapshot k: the r newest values from k on, or the five from k on where more have come, all lie on one side of
what the up to 32 values before k predict, by the median of the last 8 and by their trend, by more than ``BEYOND[r]``
robust standard deviations (1.4826 times the median absolute deviation), beyond every one of those values, and by
more than the least change that matters. Fewer values after k must lie further away: an overwhelming jump is told at
its first snapshot, a small one at its fifth.

False alarms: for independent noise with tails as heavy as Student's t with 3 degrees of freedom,
``2 * P(t > BEYOND[r] * 1.134) ** r`` is below 4e-7 for each r > 1, per series and snapshot. A single value must lie
tenfold above, or a hundredfold below, everything before besides; series without a natural zero wait for a second.
What that gives on stationary, drifting and learning-like series is measured in the tests.

Reference: Killick et al., Optimal detection of changepoints with a linear computational cost, 2012, for the problem.
Its costs assume a known spread and no trend, which a training run does not have.
"""

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["scale", "share", "level"]
"""Positive numbers, compared by their ratio; shares from 0 to 1; any numbers, compared by their difference."""

LEAST_HISTORY = 8
MOST_HISTORY = 32
RECENT = 8
"""Of the history, what tells the level just before."""
BEYOND = {1: 16.0, 2: 12.0, 3: 6.0, 4: 4.0, 5: 3.5}
"""How many deviations away so many values must lie."""
ABRUPT = 6.0
"""How many times the median step of the history the step of a jump is."""
FIRST_STEP = 0.7
"""Part of a jump that lies between two neighbours; else it is a climb."""
GROWS_AT_ONCE, FALLS_AT_ONCE = 10.0, 100.0
"""How many times beyond everything before a single value of a scale must lie: small ones come by chance more often."""
LEAST_FACTOR = 3.0
"""Of a scale: what counts as a change at all."""
LEAST_ANGLE, ANGLE_AT_ONCE = 0.4, 0.8
"""The same two of shares, in arcsin(sqrt(share)), where counts have one spread everywhere: 0 to 15 %, and 0 to 51 %."""
SMALL_HISTORY = 8.0
"""A spread of n values is uncertain by some share of 8 / n."""
NORMAL = 1.4826
"""Standard deviations of normal noise in one median absolute deviation."""


class ChangePoint(NamedTuple):
    """A jump between two neighbours of a series."""

    at: int
    """Of the first value after it."""
    before: float
    """Median of the last values before."""
    after: float
    """Median of the first values after."""
    lasting: bool
    """Whether the next values stay there; also true where there are none yet."""


def change_points(values: Floats, kind: Kind) -> list[ChangePoint]:
    """Find the jumps of a series of finite values, in order."""
    if kind == "scale" and bool((values > 0).all()):
        limits = math.log(GROWS_AT_ONCE), math.log(FALLS_AT_ONCE)
        return list(_jumps(values, _Series(np.log(values), math.log(LEAST_FACTOR), limits)))
    if kind == "share":
        return list(
            _jumps(values, _Series(np.arcsin(np.sqrt(values.clip(0, 1))), LEAST_ANGLE, (ANGLE_AT_ONCE, ANGLE_AT_ONCE)))
        )
    return list(_jumps(values, _Series(values, 0.0, None)))


class _Series(NamedTuple):
    """A series where equal differences mean as much everywhere."""

    x: Floats
    least: float
    """What counts as a change at all."""
    at_once: tuple[float, float] | None
    """How far above or below everything before a single value must lie; None where one is never enough."""


def _jumps(values: Floats, series: _Series) -> Iterator[ChangePoint]:
    x, start = series.x, 0
    steps = np.abs(np.diff(x, prepend=x[:1]))
    for k in range(LEAST_HISTORY, len(x)):
        if k - start < LEAST_HISTORY or steps[k] <= series.least / 2:
            continue
        if steps[k] <= ABRUPT * float(np.median(steps[max(start + 1, k - MOST_HISTORY) : k])):
            continue  # an ordinary step: most snapshots end here
        history, after = x[max(start, k - MOST_HISTORY) : k], x[k : k + max(BEYOND)]
        several = len(after) > 1 and _is_jump(history, after, series)
        if several or _is_jump(history, after[:1], series):
            lasting = several or len(after) == 1
            shown = values[k : k + max(BEYOND)] if lasting else values[k : k + 1]
            yield ChangePoint(k, float(np.median(values[k - RECENT : k])), float(np.median(shown)), lasting)
            start = k if lasting else start


def _is_jump(history: Floats, after: Floats, series: _Series) -> bool:
    """Whether all values lie on one side of what the history predicts, far enough, and the first leads there."""
    count = len(history)
    at = np.arange(count, dtype=float)
    slope = _slope(history)
    trend = float(np.median(history - slope * at)) + slope * np.arange(count, count + len(after))
    level = float(np.median(history[-RECENT:]))
    far = np.stack([after - level, after - trend])
    sign = np.sign(far[0, 0])
    beyond = sign * after - (sign * history).max()
    if not bool((np.sign(far) == sign).all()) or not bool((beyond > 0).all()):
        return False
    if abs(after[0] - history[-1]) < FIRST_STEP * abs(float(np.median(after)) - level):
        return False  # it climbs
    detrended = history - slope * at
    spread = NORMAL * max(
        float(np.median(np.abs(detrended - np.median(detrended)))),
        float(np.median(np.abs(np.diff(history)))) / math.sqrt(2),
    )
    if series.at_once is None:
        if len(after) == 1 or (len(after) < max(BEYOND) and not spread):
            return False  # what hardly ever varied says nothing of how much it may
    elif len(after) == 1 and beyond[0] <= series.at_once[int(sign < 0)]:
        return False
    needed = BEYOND[len(after)] * spread * (1 + SMALL_HISTORY / count)
    return float(np.abs(far).min()) > max(needed, series.least)


def _slope(history: Floats) -> float:
    """Theil and Sen's on pairs half a history apart, which outliers do not turn."""
    half = len(history) // 2
    return float(np.median((history[-half:] - history[:half]) / (len(history) - half)))
