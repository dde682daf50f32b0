"""Stored changes of a run: load its history, merge new changes, and detect which are new."""

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


class NewChange(NamedTuple):
    """A change that the run did not have before."""

    run_id: str
    run: str
    """Its name."""
    change: RunChange


def load_history(session: Session, new: SnapshotRow, statistics: Statistics) -> History:
    """The last snapshots of a run with statistics, by step, including a snapshot that was just examined."""
    columns = select(SnapshotRow.step, SnapshotRow.statistics, SnapshotRow.configs)
    mine = columns.where(SnapshotRow.run_id == new.run_id, SnapshotRow.number != new.number)
    known = mine.where(SnapshotRow.statistics.is_not(None)).order_by(SnapshotRow.step.desc()).limit(LONGEST)
    history = [Snapshot(step, cast("Statistics", found), configs) for step, found, configs in session.execute(known)]
    history.append(Snapshot(new.step, statistics, new.configs))
    return sorted(history, key=lambda each: each.step)


def merge_changes(before: list[dict[str, Any]], history: History, *, whole: bool) -> list[dict[str, Any]]:
    """Changes along a run: those that the rules find in the history, and stored ones from before it.

    If the history is not `whole`, its start is no change, and rules about "never" do not apply.
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
    """Drop repeated appearances of a finding: a truncated history does not know the earlier one."""
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


def new_changes(run: RunRow, before: list[dict[str, Any]]) -> list[NewChange]:
    """The changes that the run did not have before."""
    known = {tuple(each[name] for name in SAME) for each in before}
    new = [each for each in run.changes or [] if tuple(each[name] for name in SAME) not in known]
    return [NewChange(run.id, run.name, RunChange.model_validate(each)) for each in new]
