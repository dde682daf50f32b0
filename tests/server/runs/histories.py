"""Histories of runs as the rules read them, made without a run."""

from typing import Any

from mouse_dashboard.runs.history.review import review
from mouse_dashboard.runs.history.series import Snapshot
from mouse_dashboard.runs.models import RunChange


def snapshots(count: int, every: int = 100, **series: Any) -> list[Snapshot]:
    """Snapshots with these series; names are written with `__` for a dot, None is no value."""
    return [
        Snapshot(
            every * at,
            {
                "series": {
                    name.replace("__", "."): float(values[at])
                    for name, values in series.items()
                    if values[at] is not None
                },
                "findings": {},
                "skipped": [],
                "heads": {},
            },
            {"dqn": {"gamma": 0.9}},
        )
        for at in range(count)
    ]


def only(history: list[Snapshot]) -> RunChange:
    """The one change of a run."""
    (change,) = review(history)
    return change
