"""FastAPI dependencies: parts of the application by type, from `app.state`."""

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


def _from_state(name: str) -> Any:
    """Read a part from `app.state` by name; async, so that it runs on the event loop instead of a thread."""

    async def part(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(part)


SettingsDep = Annotated[Settings, _from_state("settings")]
StoreDep = Annotated[BatchStore, _from_state("store")]
RunsDep = Annotated[RunStore, _from_state("runs")]
SnapshotWorkerDep = Annotated[SnapshotWorker, _from_state("snapshot_worker")]
EventsDep = Annotated[Events, _from_state("events")]
EvaluatorDep = Annotated[Evaluator, _from_state("evaluator")]
ScansDep = Annotated[ScanLibrary, _from_state("scans")]
RunnerDep = Annotated[BatchRunner, _from_state("runner")]
