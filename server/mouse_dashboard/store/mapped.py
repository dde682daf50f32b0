"""Batches that were mapped from another file."""

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from mouse.batch import save_batch
from mouse.diagnosis import examine_file
from mouse.mapping import Mapping, plan
from mouse_dashboard.compute.file_metadata import MAPPING, metadata_of
from mouse_dashboard.store.imports import PendingImports
from mouse_dashboard.store.models import MappedFrom
from mouse_dashboard.store.tables import BatchRow, ImportRow


def mapped_from(session: Session, row: BatchRow) -> MappedFrom | None:
    """The source file of a mapped batch, or None."""
    if row.mapping is None:
        return None
    waits = row.import_id is not None and session.get(ImportRow, row.import_id) is not None
    return MappedFrom(
        file=row.name,
        mapping=MAPPING.validate_python(row.mapping),
        notes=row.notes or [],
        import_id=row.import_id if waits else None,
    )


def write_mapped(imports: PendingImports, import_id: str, mapping: Mapping, target: Path) -> dict[str, Any]:
    """Write the batch that a mapping makes of a file, and return what is to be known of it; the mapping is remembered.

    Raises:
        ApiError: 404.
        BatchError: (a ValueError) the mapping does not fit the file.
    """
    row, fields = imports.row(import_id), imports.fields(import_id)
    planned = plan(fields, mapping)
    save_batch(
        target, *planned.batch(), metadata=metadata_of(mapping, planned.doubts, planned.facts, examine_file(planned))
    )
    imports.remember(fields, mapping)
    return {
        "mapping": MAPPING.dump_python(mapping, mode="json"),
        "notes": [*row.notes, *planned.notes],
        "python": row.python,
        "import_id": import_id,
    }
