"""Errors as SQLite raises them when its file cannot grow."""

import sqlite3

from sqlalchemy.exc import OperationalError


def no_room(name: str = "SQLITE_FULL") -> OperationalError:
    error = sqlite3.OperationalError("database or disk is full" if name == "SQLITE_FULL" else "disk I/O error")
    error.sqlite_errorname = name
    return OperationalError("INSERT", {}, error)
