"""Records: a JSON copy of each batch's metadata outside of the data base, to rebuild a lost one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mouse_dashboard.store.data_folder import is_file, remove_file
from mouse_dashboard.store.tables import BatchRow

RECORDED = ("name", "size", "created", "mapping", "notes", "python", "import_id", "loss_field")


class Records:
    """Files ``<id>.json``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, row: BatchRow) -> None:
        """Write the record of a batch; a non-regular file of this name is left alone."""
        path = self._path(row.id)
        if path.is_symlink() or (path.exists() and not is_file(path)):
            return
        path.write_text(json.dumps({name: getattr(row, name) for name in RECORDED}))
        path.chmod(0o600)

    def read(self, batch_id: str, file: Path) -> tuple[dict[str, Any], bool]:
        """The record of a batch and whether it exists; without a record, what the file itself tells."""
        found = file.stat()
        created = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="microseconds")
        record = dict.fromkeys(RECORDED) | {"name": file.name[:12], "size": found.st_size, "created": created}
        path = self._path(batch_id)
        try:
            written = json.loads(path.read_bytes()) if is_file(path) else None
        except (OSError, ValueError):
            written = None
        if not isinstance(written, dict) or "created" not in written:
            return record, False
        return {name: written.get(name) for name in RECORDED}, True

    def remove(self, batch_id: str) -> None:
        """Remove a record."""
        remove_file(self._path(batch_id))

    def _path(self, batch_id: str) -> Path:
        return self._folder / f"{batch_id}.json"
