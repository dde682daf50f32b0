"""Files that belong to table rows: a row's file is always complete, even if the process was killed."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.data_folder import is_file, remove_file, stored_files
from mouse_dashboard.store.quarantine import Quarantine
from mouse_dashboard.store.records import Records
from mouse_dashboard.store.tables import write_transaction

SUFFIX = ".safetensors"


class FileTable:
    """A folder of files ``<id>.safetensors``; each has a row in a table with `id` and `stored_size`."""

    def __init__(self, folder: Path, table: Any, quarantine: Quarantine, records: Records | None = None) -> None:
        self.folder = folder
        self._table = table
        self._quarantine = quarantine
        self._records = records

    def path(self, row_id: str) -> Path:
        """Path of a row's file."""
        return self.folder / f"{row_id}{SUFFIX}"

    @contextmanager
    def writing(self, engine: Engine, row_id: str) -> Generator[Session]:
        """Add a row and its file in one transaction; the file is removed if the row cannot be committed."""
        try:
            with write_transaction(engine) as session:
                yield session
        except BaseException:
            with write_transaction(engine) as session:  # alone: somebody else may put them here
                if session.get(self._table, row_id) is None:
                    self.remove(row_id)
            raise

    def put(self, session: Session, row: Any, file: Path) -> None:
        """Add a row and move its file here; the file must already be synced."""
        target = self.path(row.id)
        if is_file(target):  # nobody's row has it
            self._quarantine.put(target)
        if os.path.lexists(target):
            raise ApiError(
                409,
                "name_taken",
                f"file: found {target.name} in the data folder already, which mouse did not make; move it away.",
                "file",
            )
        session.add(row)
        session.flush()
        if self._records:
            self._records.write(row)
        file.chmod(0o600)
        file.replace(target)
        sync(self.folder)

    def remove(self, row_id: str) -> None:
        """Remove the file of a row and its record."""
        remove_file(self.path(row_id))
        if self._records:
            self._records.remove(row_id)

    def repair(self, session: Session, drop: Callable[[Session, Any], None]) -> None:
        """Drop rows with an incomplete file, and quarantine files without a row, which a kill may leave."""
        files = {path.name: path for path in stored_files(self.folder)}
        for row in session.scalars(select(self._table)).all():
            file = files.pop(self.path(row.id).name, None)
            if file is not None and file.stat().st_size == row.stored_size:
                continue
            if file is not None:
                self._quarantine.put(file)
            drop(session, row)
        for leftover in files.values():
            self._quarantine.put(leftover)


def sync(path: Path) -> None:
    """Flush a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
