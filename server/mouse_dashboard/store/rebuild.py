"""Rebuild the table of batches from their files after the data base was lost."""

import logging
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from tensordict import TensorDict

from mouse.batch import load_batch
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.fields import batch_shape
from mouse.transition_batch import holds_transitions
from mouse_dashboard.store.data_folder import stored_files
from mouse_dashboard.store.field_counts import describe_fields
from mouse_dashboard.store.records import Records
from mouse_dashboard.store.tables import BatchRow

log = logging.getLogger("mouse")


def is_emptied(session: Session) -> bool:
    """Whether the table is empty although batches existed."""
    count = session.scalar(select(func.count()).select_from(BatchRow))
    had = session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table").bindparams(table="batches"))
    return not count and bool(had)


def make_row(batch_id: str, file: Path, batch: tuple[TensorDict, TensorDict], record: dict[str, Any]) -> BatchRow:
    """Build the row of a batch from its file and its record."""
    rows, steps = batch_shape(batch[0])
    fields = [field.model_dump() for field in describe_fields(*batch)]
    size, of_transitions = file.stat().st_size, holds_transitions(batch[0])
    return BatchRow(id=batch_id, stored_size=size, B=rows, S=steps, fields=fields, transitions=of_transitions, **record)


def rebuild(session: Session, folder: Path, records: Records) -> None:
    """List every batch of a folder in order of arrival; invalid files are left to `repair`."""
    found: list[tuple[BatchRow, bool]] = []
    for file in stored_files(folder):
        record, recorded = records.read(file.stem, file)
        try:
            found.append((make_row(file.stem, file, load_batch(file), record), recorded))
        except (BatchError, MissingFieldError):
            continue
    for row, _ in sorted(found, key=lambda each: each[0].created):
        session.add(row)
        session.flush()
    if found:
        nameless = sum(not recorded for _, recorded in found)
        names = f" The names of {nameless} are lost too." if nameless else ""
        log.warning(
            "mouse: the data base was lost; %d batches were listed again from their files. Runs and remembered "
            "mappings are lost; the batches of runs are in the list.%s", len(found), names,
        )  # fmt: skip
