"""Convert table rows to API models."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from mouse_dashboard.runs.models import RunChange, RunInfo, RunSummary, SnapshotInfo
from mouse_dashboard.store.tables import BatchRow, RunRow, SnapshotRow


def snapshot_info(row: SnapshotRow, size: int) -> SnapshotInfo:
    """A snapshot whose batch takes `size` bytes."""
    examined = row.examined or {}
    state = "pending" if row.examined is None else "failed" if examined.get("failure") else "examined"
    return SnapshotInfo.model_validate(
        {
            **examined,
            "step": row.step,
            "batch_id": row.batch_id,
            "created": row.created,
            "bytes": size,
            "sequences": row.sequences,
            "metrics": row.metrics,
            "state": state,
            "pinned": row.pinned,
        }
    )


def run_summary(session: Session, run: RunRow) -> RunSummary:
    """One run."""
    (summary,) = run_summaries(session, [run], SnapshotRow.run_id == run.id)
    return summary


def run_summaries(
    session: Session, runs: Iterable[RunRow], where: ColumnElement[bool] | None = None
) -> list[RunSummary]:
    """Some runs; `where` says which snapshots are theirs, all by default."""
    where = true() if where is None else where
    counts = select(
        SnapshotRow.run_id,
        func.count().label("snapshots"),
        func.max(SnapshotRow.step).label("last_step"),
        func.sum(SnapshotRow.pinned).label("pinned"),
        func.sum(SnapshotRow.examined.is_(None)).label("pending"),
    )
    counted = {row.run_id: row for row in session.execute(counts.where(where).group_by(SnapshotRow.run_id))}
    once = select(SnapshotRow.run_id, SnapshotRow.batch_id).where(where).distinct().subquery()
    stored = select(once.c.run_id, func.sum(BatchRow.stored_size)).join(BatchRow, BatchRow.id == once.c.batch_id)
    sizes = {row[0]: row[1] for row in session.execute(stored.group_by(once.c.run_id))}
    return [
        RunSummary(
            id=run.id,
            name=run.name,
            created=run.created,
            updated=run.updated,
            snapshots=counted[run.id].snapshots if run.id in counted else 0,
            last_step=counted[run.id].last_step if run.id in counted else None,
            bytes=sizes.get(run.id, 0),
            pinned=counted[run.id].pinned if run.id in counted else 0,
            dropped=run.dropped,
            pending=counted[run.id].pending if run.id in counted else 0,
        )
        for run in runs
    ]


class Page(NamedTuple):
    """The requested page of a run's snapshots."""

    after: int | None = None
    """Only those of larger steps."""
    limit: int | None = None
    """At most so many."""


def run_info(session: Session, run: RunRow, page: Page) -> RunInfo:
    """A run with a page of its snapshots."""
    mine = select(SnapshotRow, BatchRow.stored_size).join(BatchRow, BatchRow.id == SnapshotRow.batch_id)
    mine = mine.where(SnapshotRow.run_id == run.id).order_by(SnapshotRow.step)
    if page.after is not None:
        mine = mine.where(SnapshotRow.step > page.after)
    if page.limit is not None:
        mine = mine.limit(page.limit + 1)
    timeline = [snapshot_info(row, size) for row, size in session.execute(mine)]
    more = page.limit is not None and len(timeline) > page.limit
    timeline = timeline[: page.limit]
    return RunInfo(
        **run_summary(session, run).model_dump(),
        metric_names=_metric_names(session, run),
        changes=[RunChange.model_validate(each) for each in run.changes or []],
        timeline=timeline,
        next_after=timeline[-1].step if more else None,
    )


def _metric_names(session: Session, run: RunRow) -> list[str]:
    """Names of every metric of the run, by name: SQLite reads them out of the JSON faster than Python would."""
    logged = func.json_each(SnapshotRow.metrics).table_valued("key")
    names = select(logged.c.key).select_from(SnapshotRow).join(logged, true()).where(SnapshotRow.run_id == run.id)
    return sorted(session.scalars(names.distinct()))
