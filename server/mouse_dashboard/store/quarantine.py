"""Quarantine for leftover files that are named like mouse's but have no row; removed only later."""

import logging
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from mouse_dashboard.store.data_folder import is_folder, stored_files

log = logging.getLogger("mouse")
DAYS = 30
"""How long they stay."""
DATED = re.compile(r"(\d{4}-\d{2}-\d{2})-[0-9a-f]{32}")


class Quarantine:
    """Folders ``<date>-<id>/<folder>``, one for each start that quarantined files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._today = folder / f"{datetime.now(UTC):%Y-%m-%d}-{uuid4().hex}"

    def put(self, path: Path) -> None:
        """Move a file here; if that fails it stays in place, which is harmless."""
        target = self._today / path.parent.name / path.name
        with suppress(OSError):  # no room, or another file system
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.rename(target)

    def files(self) -> list[Path]:
        """The quarantined files, without foreign files."""
        return [file for _, files in self._dated() for file in files]

    def report(self) -> None:
        """Log a one-line summary of the quarantine."""
        files = self.files()
        if files:
            names = ", ".join(file.name for file in files[:3]) + (", ..." if len(files) > 3 else "")
            log.warning(
                "mouse: %d files without a row in the data base are in %s (%s); they are removed after %d days, or now "
                "with `mouse data --empty-quarantine`.", len(files), self._folder, names, DAYS,
            )  # fmt: skip

    def remove(self, *, older_than: timedelta = timedelta(0)) -> int:
        """Delete the quarantined files, and return their number."""
        before = (datetime.now(UTC) - older_than).date().isoformat()
        expired = [(folder, files) for folder, files in self._dated() if folder.parent.name[:10] <= before]
        for folder, files in expired:
            for file in files:
                file.unlink(missing_ok=True)
            for empty in (folder, folder.parent):
                with suppress(OSError):  # files of somebody else
                    empty.rmdir()
        return sum(len(files) for _, files in expired)

    def _dated(self) -> list[tuple[Path, list[Path]]]:
        return [
            (folder, stored_files(folder))
            for dated in sorted(self._folder.iterdir() if is_folder(self._folder) else ())
            if DATED.fullmatch(dated.name) and is_folder(dated)
            for folder in (dated / "batches", dated / "imports")
            if is_folder(folder)
        ]
