"""A run's past in the tables: what its rules read of it, what they found, and what of that is new."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from mouse_dashboard.runs.history.change_point import LEAST_HISTORY
from mouse_dashboard.runs.history.review import review
from mouse_dashboard.runs.history.rules.findings import run_finding, run_finding_gone
from mouse_dashboard.runs.history.rules.heads import run_target_frozen, run_target_is_online
from mouse_dashboard.runs.history.series import History, Snapshot
from mouse_dashboard.runs.history.statistics import Statistics
from mouse_dashboard.runs.models import RunChange
from mouse_dashboard.store.tables import RunRow, SnapshotRow

LONGEST = 1000
"""Snapshots that are read each time, the last ones."""
SAME = ("rule", "subject", "step")
"""What makes a change found again the same one."""


class News(NamedTuple):
    """A change that a run did not have before."""

    run_id: str
    run: str
    """Its name."""
    change: RunChange


def history_of(session: Session, new: SnapshotRow, statistics: Statistics) -> History:
    """The last snapshots of a run that have statistics, by step, with those of a snapshot that was just examined."""
    columns = select(SnapshotRow.step, SnapshotRow.statistics, SnapshotRow.configs)
    mine = columns.where(SnapshotRow.run_id == new.run_id, SnapshotRow.number != new.number)
    known = mine.where(SnapshotRow.statistics.is_not(None)).order_by(SnapshotRow.step.desc()).limit(LONGEST)
    history = [Snapshot(step, cast("Statistics", found), configs) for step, found, configs in session.execute(known)]
    history.append(Snapshot(new.step, statistics, new.configs))
    return sorted(history, key=lambda each: each.step)


def merged(before: list[dict[str, Any]], history: History, *, whole: bool) -> list[dict[str, Any]]:
    """What changed along a run: what its rules find in the history, and what was found where that does not reach.

    Where the history is not `whole`, what it begins with is no change, and nothing can be said of "never".
    """
    found = [each.model_dump(mode="json") for each in review(history)]
    if whole:
        return found
    first = history[min(LEAST_HISTORY, len(history) - 1)].step
    old = [each for each in before if each["step"] < first or _of_whole_run(each)]
    new = [each for each in found if each["step"] >= first and not _of_whole_run(each)]
    return sorted(_without_repeats(old + new), key=lambda each: each["step"])[-LONGEST:]


def _of_whole_run(change: dict[str, Any]) -> bool:
    return change["rule"] in {run_target_frozen.id, run_target_is_online.id}


def _without_repeats(changes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A finding that is there already appears once: a history that is cut off does not know."""
    there: set[str] = set()
    for each in changes:
        subject = each["subject"]
        if each["rule"] == run_finding_gone.id:
            there.discard(subject)
        elif each["rule"] == run_finding.id:
            if subject in there:
                continue
            there.add(subject)
        yield each


def news(run: RunRow, before: list[dict[str, Any]]) -> list[News]:
    """What the run has and did not have before."""
    known = {tuple(each[name] for name in SAME) for each in before}
    new = [each for each in run.changes or [] if tuple(each[name] for name in SAME) not in known]
    return [News(run.id, run.name, RunChange.model_validate(each)) for each in new]
