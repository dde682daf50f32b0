"""Files named after the rows of a table: a row's file is whole, whenever the process was killed."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mouse_dashboard.store.tables import writing

SUFFIX = ".safetensors"


class Shelf:
    """A folder of files ``<id>.safetensors``; each has a row in a table with `id` and `stored_size`."""

    def __init__(self, folder: Path, table: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._table = table

    def path(self, row_id: str) -> Path:
        """Where the file of a row lies."""
        return self.folder / f"{row_id}{SUFFIX}"

    @contextmanager
    def writing(self, engine: Engine, row_id: str) -> Generator[Session]:
        """Put a row and its file here; the file is taken back where the row does not get to the disk."""
        try:
            with writing(engine) as session:
                yield session
        except BaseException:
            with writing(engine) as session:  # alone: somebody else may put them here
                if session.get(self._table, row_id) is None:
                    self.path(row_id).unlink(missing_ok=True)
            raise

    def put(self, session: Session, row: Any, file: Path) -> None:
        """Add a row and move its file here, which `sync` has brought to the disk."""
        session.add(row)
        session.flush()
        file.replace(self.path(row.id))
        sync(self.folder)

    def make_whole(self, session: Session, drop: Callable[[Session, Any], None]) -> None:
        """Drop rows whose file is not whole, and files without a row: what a kill between two steps leaves."""
        sizes = {path.name: path.stat().st_size for path in self.folder.iterdir()}
        for row in session.scalars(select(self._table)).all():
            if sizes.pop(self.path(row.id).name, None) != row.stored_size:
                drop(session, row)
        for leftover in sizes:
            (self.folder / leftover).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Bring a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
