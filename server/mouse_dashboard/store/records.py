"""What a batch's file does not say of it, beside the data base: a lost one is rebuilt of both."""

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
        """Write down what is known of a batch; a file of this name that is no regular one is left alone."""
        path = self._path(row.id)
        if path.is_symlink() or (path.exists() and not is_file(path)):
            return
        path.write_text(json.dumps({name: getattr(row, name) for name in RECORDED}))
        path.chmod(0o600)

    def read(self, batch_id: str, file: Path) -> tuple[dict[str, Any], bool]:
        """What was written down of a batch, and whether it was; what its file tells where it was not."""
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
        """Forget a batch."""
        remove_file(self._path(batch_id))

    def _path(self, batch_id: str) -> Path:
        return self._folder / f"{batch_id}.json"
