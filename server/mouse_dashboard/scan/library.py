"""The scans that the operator named at start-up."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from mouse_dashboard.scan.saved import SavedScan
from mouse_dashboard.scan.scan_marker import MARK
from mouse_dashboard.schema.errors import ApiError


class ScanLibrary:
    """Scans by id; nothing else can be opened."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = {scan_id(folder): folder for folder in folders}
        self._read: dict[str, tuple[tuple[int, int], SavedScan]] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> dict[str, str]:
        """Display names by id: the shortest distinct path suffixes."""
        parts = {key: folder.absolute().parts for key, folder in self._folders.items()}
        return {key: _shortest(own, [each for each in parts.values() if each != own]) for key, own in parts.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def open(self, key: str) -> SavedScan:
        """Return a scan as it is now.

        Raises:
            ApiError: 404, no scan has this id; 422, its folder holds none any more, or one of another version.
        """
        if key not in self._folders:
            raise ApiError(
                404,
                "unknown_scan",
                f"scan_id: found no scan {key[:12]}..., expected one of the list; start the dashboard with its folder.",
                "scan_id",
            )
        folder = self._folders[key]
        try:
            state = (folder / MARK).stat()
            version = state.st_mtime_ns, state.st_size
        except OSError:
            version = 0, 0
        with self._lock:
            known = self._read.get(key)
            if known is None or known[0] != version:
                known = version, SavedScan(folder, "scan")
                known[1].require_current()
                self._read[key] = known
        return known[1]


def scan_id(folder: Path) -> str:
    """Id of the scan in a folder: stable across restarts."""
    return hashlib.sha256(str(folder.resolve()).encode("utf-8", "replace")).hexdigest()[:32]


def _shortest(own: Sequence[str], others: Sequence[Sequence[str]]) -> str:
    count = next(
        (count for count in range(1, len(own)) if all(each[-count:] != own[-count:] for each in others)), len(own)
    )
    return "/".join(own[-count:])
