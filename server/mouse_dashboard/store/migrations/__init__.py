"""Migrate the data base with Alembic: atomic, after a backup copy."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

UNVERSIONED = "unversioned"


def migrate(engine: Engine, path: Path, found: str) -> None:
    """Upgrade the data base to the newest revision; the backup stays beside it."""
    _copy(path, path.with_name(f"{path.name}.{found or UNVERSIONED}"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _copy(path: Path, copy: Path) -> None:
    if copy.is_symlink() or copy.exists():  # of an earlier try, or somebody else's
        return
    scratch = copy.with_name(f"{copy.name}.part")
    if not scratch.is_symlink():
        scratch.unlink(missing_ok=True)
    scratch.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(scratch)) as target:
        source.backup(target)
    scratch.rename(copy)
