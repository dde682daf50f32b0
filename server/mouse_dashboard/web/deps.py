"""The parts of the application as routes get them: by type, from `app.state`."""

from typing import Annotated, Any

from fastapi import Depends, Request

from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.runs.events import Events
from mouse_dashboard.runs.snapshot_worker import SnapshotWorker
from mouse_dashboard.runs.store import RunStore
from mouse_dashboard.scan.library import ScanLibrary
from mouse_dashboard.settings import Settings
from mouse_dashboard.store import BatchStore
from mouse_dashboard.web.run_on_batch import BatchRunner


def _part(name: str) -> Any:
    """Take a part by the name that `create_app` stores it under; on the event loop, where it costs no thread."""

    async def part(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(part)


SettingsDep = Annotated[Settings, _part("settings")]
StoreDep = Annotated[BatchStore, _part("store")]
RunsDep = Annotated[RunStore, _part("runs")]
SnapshotWorkerDep = Annotated[SnapshotWorker, _part("snapshot_worker")]
EventsDep = Annotated[Events, _part("events")]
EvaluatorDep = Annotated[Evaluator, _part("evaluator")]
ScansDep = Annotated[ScanLibrary, _part("scans")]
RunnerDep = Annotated[BatchRunner, _part("runner")]
