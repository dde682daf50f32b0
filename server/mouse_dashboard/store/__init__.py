"""Batches on disk: files, and a SQLite table of what is listed, under one folder."""

from mouse_dashboard.store.store import BatchStore

__all__ = ["BatchStore"]
