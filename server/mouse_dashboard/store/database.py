"""Open the data base; any problem is one sentence, and then nothing is touched."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DatabaseError

from mouse_dashboard.store.data_folder import DataFolderError
from mouse_dashboard.store.full_disk import has_no_room
from mouse_dashboard.store.tables import Base

BUSY_SECONDS = 30
REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Of `migrations/versions`, oldest first."""
HEADER = b"SQLite format 3\0"
OLDEST = {"id", "name", "size", "created", "stored_size", "B", "S", "fields"}
"""Columns of the table of batches that every version has."""
READ_ONLY = "cannot be written to; change its mode, or name another folder with --data-dir"
ADVICE = "move it away, and mouse lists the batch files again"


def open_database(path: Path) -> tuple[Engine, bool]:
    """Open the data base, creating or migrating it if needed; also return whether it was lost.

    Raises:
        DataFolderError: it cannot be used.
    """
    with _one_sentence(path):
        lost = not path.exists() or path.stat().st_size == 0
        if not lost:
            _check_header(path)
            if not os.access(path, os.W_OK):
                raise DataFolderError(f"{path}: {READ_ONLY}.")
        found = None if lost else _revision(path)
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
        try:
            if lost or found is None:
                _make(engine, path)
            elif found != REVISIONS[-1]:
                from mouse_dashboard.store.migrations import migrate  # noqa: PLC0415  its library takes its time

                migrate(engine, path, found)
            _check(engine, path)
        except BaseException:
            engine.dispose()
            raise
    return engine, lost or found is None


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(100)
    if header[:16] != HEADER or len(header) < 100:
        raise DataFolderError(f"{path}: found no data base, expected one of mouse; {ADVICE}.")
    page = int.from_bytes(header[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
    if header[24:28] == header[92:96] and path.stat().st_size < expected:
        raise DataFolderError(f"{path}: found {path.stat().st_size} bytes, expected {expected}; {ADVICE}.")


def _revision(path: Path) -> str | None:
    """The revision of a data base: "" if it predates revisions, None if it is empty."""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        columns = {row[1] for row in connection.execute("PRAGMA table_info(batches)")}
        if not columns >= OLDEST:
            raise DataFolderError(f"{path}: found no table of batches, expected the data base of mouse; {ADVICE}.")
        if "alembic_version" not in tables:
            return ""
        found = [version for (version,) in connection.execute("SELECT version_num FROM alembic_version")]
    if len(found) != 1 or found[0] not in REVISIONS:
        raise DataFolderError(
            f"{path}: found revision {', '.join(found)[:40] or 'none'}, expected at most {REVISIONS[-1]}; update "
            "mouse, or name another folder with --data-dir."
        )
    return found[0]


def _make(engine: Engine, path: Path) -> None:
    path.touch(mode=0o600)
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        Base.metadata.create_all(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (REVISIONS[-1],))


def _check(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        damage = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        tables = {name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    missing = sorted(Base.metadata.tables.keys() - tables)
    if damage != "ok" or missing:
        what = f"no table {missing[0]}" if missing else "damage"
        raise DataFolderError(f"{path}: found {what}, expected a whole data base; {ADVICE}.")


@contextmanager
def _one_sentence(path: Path) -> Generator[None]:
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        reason = str(getattr(error, "orig", error))
        if "locked" in reason:
            what = f"is locked by another program for more than {BUSY_SECONDS} seconds; end that one and try again"
        elif "readonly" in reason or "unable to open" in reason:
            what = READ_ONLY
        elif has_no_room(getattr(error, "orig", error)):
            what = "found no room left on its disk, or in your quota; free some space"
        else:
            what = f"cannot be used ({reason}); {ADVICE}"
        raise DataFolderError(f"{path}: {what}.") from error
