"""The batch store: files and a SQLite data base under one folder."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mouse_dashboard.store.store import BatchStore

__all__ = ["BatchStore"]


def __getattr__(name: str) -> object:
    """Import the store lazily: finding a file's path needs no torch."""
    if name == "BatchStore":
        from mouse_dashboard.store.store import BatchStore  # noqa: PLC0415

        return BatchStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
