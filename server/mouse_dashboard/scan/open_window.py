"""The window file around one of the worst transitions, with what the page needs to show the transition."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from safetensors import SafetensorError

from mouse.batch import is_saved_batch
from mouse.losses.loss import AnyLoss
from mouse_dashboard.scan.saved import SavedScan
from mouse_dashboard.scan.scan_marker import WINDOWS
from mouse_dashboard.scan.view import changed_fields
from mouse_dashboard.schema.errors import ApiError


class WindowFile(NamedTuple):
    """A window file in the folder of a scan."""

    path: Path
    name: str
    """What the batch is called: shard and place."""
    loss: str
    step: int
    configs: dict[str, dict[str, Any]]
    """Fields of the scan's configs that are not defaults."""


def window_file(scan: SavedScan, number: int, losses: Mapping[str, AnyLoss]) -> WindowFile:
    """Find a window; only files of the folder's own list are opened.

    Raises:
        ApiError: 404, no such transition, or its window was not written or is gone.
    """
    if number >= len(scan.worst) or scan.worst[number]["window"] is None:
        raise ApiError(404, "unknown_window", f"number: found {number}, expected a transition with a window.", "number")
    row = scan.worst[number]
    path = scan.folder / WINDOWS / PurePosixPath(row["window"]).name
    if not _is_batch(path):
        raise ApiError(404, "unknown_window", "number: found no batch in that window's file; scan again.", "number")
    stem = PurePosixPath(row["shard"].replace("\\", "/")).stem
    name = f"{stem}-{row['row']}-{row['step']}.safetensors"
    configs = {
        loss: fields for loss, fields in changed_fields(scan.facts["request"]["configs"], losses).items() if fields
    }
    return WindowFile(path, name, row["loss"], row["window_step"], configs)


def _is_batch(path: Path) -> bool:
    try:
        return not path.is_symlink() and is_saved_batch(path)
    except (OSError, SafetensorError):
        return False
