"""Findings of the doctor that come and go along a run."""

from collections.abc import Iterator

from mouse.diagnosis.finding import Severity
from mouse.diagnosis.need import Need
from mouse.diagnosis.rule import rule
from mouse_dashboard.runs.history.series import History, Snapshot
from mouse_dashboard.runs.history.shift import Shift

GONE = 10
"""Snapshots without a finding: one that half of them have is called gone wrongly once in a thousand times."""


@rule(
    "run-finding",
    "warning",
    needs=(Need("a snapshot on which the rule could run", lambda _: None),),
    shows="The first snapshot on which a rule of the doctor has an error or a warning; again, once that was gone.",
    why="What is wrong from one step on has a cause at that step.",
    fix="Compare it with the snapshot before; the page of the rule says what to do.",
)
def run_finding(history: History) -> Iterator[Shift]:
    """A finding appears.

    The doctor finds something in a snapshot that it did not find in those before.
    """
    for name in _found(history):
        for at, _ in _episodes(history, name):
            previous = next((place for place in range(at - 1, -1, -1) if _state(history[place], name) is False), None)
            severity, message = history[at].statistics["findings"][name]
            since = "at the first snapshot" if previous is None else f"from step {history[at].step:,} on"
            yield Shift(
                message=f"{name} {since}: {message}", severity=_as_severity(severity), at=at, previous=previous,
                subject=name, title=f"the finding {name}",
            )  # fmt: skip


@rule(
    "run-finding-gone",
    "info",
    needs=(Need(f"{GONE} snapshots on which the rule could run, before and after", lambda _: None),),
    shows=f"A finding that more than half of {GONE} snapshots or more had, and that the next {GONE} do not have.",
    why="It confirms a repair, or says that what was wrong is no longer in the data that is sampled.",
    fix="Compare both sides if nothing was meant to change.",
)
def run_finding_gone(history: History) -> Iterator[Shift]:
    """A finding is gone.

    The doctor no longer finds in the snapshots what it found before.
    """
    for name in _found(history):
        for _, gone in _episodes(history, name):
            if gone is not None:
                yield Shift(
                    message=f"{name} is gone from step {history[gone].step:,} on.", at=gone, previous=gone - 1,
                    subject=name, title=f"the finding {name}",
                )  # fmt: skip


def _found(history: History) -> list[str]:
    return sorted({name for each in history for name in each.statistics["findings"]})


def _state(snapshot: Snapshot, name: str) -> bool | None:
    """Whether it has a finding; None where the rule could not run."""
    if name in snapshot.statistics["findings"]:
        return True
    return None if name in snapshot.statistics["skipped"] else False


def _episodes(history: History, name: str) -> Iterator[tuple[int, int | None]]:
    """Where a finding appears, and where it is gone after that; one that comes and goes stays."""
    states = [(place, state) for place, each in enumerate(history) if (state := _state(each, name)) is not None]
    start: int | None = None
    having = checked = without = 0
    for place, state in states:
        if start is None:
            if state:
                start, having, checked, without = place, 1, 1, 0
            continue
        checked += 1
        having += state
        without = 0 if state else without + 1
        if without == GONE and having >= GONE and having > (checked - without) / 2:
            yield start, states[states.index((place, state)) - GONE + 1][0]
            start = None
    if start is not None:
        yield start, None


def _as_severity(text: str) -> Severity:
    return "error" if text == "error" else "warning"
