"""Series that jump, and numbers that are no longer finite."""

import math
from collections.abc import Iterator

import numpy as np

from mouse.diagnosis.finding import Severity
from mouse.diagnosis.need import Need
from mouse.diagnosis.rule import rule
from mouse_dashboard.runs.history.change_point import ChangePoint, change_points
from mouse_dashboard.runs.history.series import History, Series, series_of, title
from mouse_dashboard.runs.history.shift import Shift

GREAT = 10.0
"""The factor from which on a jump of a scale is a warning."""
GOOD_TO_FALL = ("loss", "td_error", "gradient", "metric")
"""What falls when training goes well."""


@rule(
    "run-jump",
    "info",
    needs=(Need("8 examined snapshots before it", lambda _: None),),
    shows="Size and share of the rewards, length and ends of the episodes, loss, TD error, gradient norm and entropy of"
    " each snapshot, and logged metrics of these names, against up to 32 snapshots before. A jump lies on one side of"
    " all of them, of their level and of their trend: by 16 robust deviations, and tenfold, at its first snapshot; by"
    " 12, 6, 4 and 3.5 where two, three, four and five lie there. Scales jump by a factor of 3 at least; from 10 on it"
    " is a warning, unless a loss, a TD error or a gradient falls. For independent noise with tails as heavy as"
    " Student's t with 3 degrees of freedom, fewer than 4 of 10 million snapshots raise a false alarm per series.",
    why="What jumps between two snapshots was not learned: a wrapper, a data source, a schedule or a bug changed it.",
    fix="Compare both sides, from what changed first. If it was meant, there is nothing to do.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def run_jump(history: History) -> Iterator[Shift]:
    """A statistic of the batches jumps.

    Rewards, episodes, a loss or a gradient are of another size from one snapshot on than in the run's own history.
    """
    for series in series_of(history):
        finite = np.isfinite(series.values)
        at = [place for place, fine in zip(series.at, finite, strict=True) if fine]
        for jump in change_points(series.values[finite], series.kind):
            yield Shift(
                message=_message(series, jump, history[at[jump.at]].step),
                severity=_severity(series, jump),
                at=at[jump.at],
                previous=at[jump.at - 1],
                subject=series.key,
                title=title(series.key),
                before=jump.before,
                after=jump.after,
            )


@rule(
    "run-not-finite",
    "error",
    needs=(Need("a snapshot before it where the number is finite", lambda _: None),),
    shows="A loss, a TD error, a gradient norm or a logged metric of such a name that is NaN or infinite, and was"
    " finite at the snapshot before.",
    why="One such number makes every weight NaN at the next step; what training does from then on is lost.",
    fix="Look at the first snapshot that has it: the doctor's findings there name the field.",
)
def run_not_finite(history: History) -> Iterator[Shift]:
    """A number is no longer finite.

    What training minimises, or its gradient, became NaN or infinite from one snapshot to the next.
    """
    for series in series_of(history):
        finite = np.isfinite(series.values)
        for first in [place + 1 for place in range(len(finite) - 1) if finite[place] and not finite[place + 1]][:1]:
            at, previous = series.at[first], series.at[first - 1]
            yield Shift(
                message=f"{_capital(title(series.key))} is {series.values[first]} from step {history[at].step:,} on"
                f" ({series.values[first - 1]:.4g} before).",
                at=at,
                previous=previous,
                subject=series.key,
                title=title(series.key),
                before=float(series.values[first - 1]),
                after=float(series.values[first]),
            )


def _message(series: Series, jump: ChangePoint, step: int) -> str:
    if series.kind == "scale" and jump.before > 0 and jump.after > 0:
        factor = jump.after / jump.before
        way = f"grew {_times(factor)}" if factor > 1 else f"fell to 1 in {_number(1 / factor)}"
    else:
        way = "rose" if jump.after > jump.before else "fell"
    where = f"at step {step:,}" if jump.lasting else f"at step {step:,} alone"
    return f"{_capital(title(series.key))} {way} {where} ({jump.before:.4g} before, {jump.after:.4g} after)."


def _severity(series: Series, jump: ChangePoint) -> Severity:
    if series.kind != "scale" or jump.before <= 0 or jump.after <= 0:
        return "info"
    factor = jump.after / jump.before
    falls = factor < 1 and series.key.startswith(GOOD_TO_FALL)
    return "warning" if max(factor, 1 / factor) >= GREAT and not falls else "info"


def _times(factor: float) -> str:
    return f"{_number(factor)}-fold"


def _number(value: float) -> str:
    """Two digits are enough of a factor."""
    digits = 1 - math.floor(math.log10(value))
    return f"{round(value, digits):,.{max(0, digits)}f}" if value < 1e6 else f"{value:.1e}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
