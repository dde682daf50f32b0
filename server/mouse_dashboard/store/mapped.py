"""What a batch was made of that was none as it was sent."""

from pathlib import Path

from sqlalchemy.orm import Session

from mouse.batch import save_batch
from mouse.mapping import Mapping, plan
from mouse_dashboard.store.imports import MAPPING, PendingImports
from mouse_dashboard.store.models import MappedFrom
from mouse_dashboard.store.tables import ImportRow, MadeOfRow, MappedRow


def mapped_from(session: Session, batch_id: str) -> MappedFrom | None:
    """The file that a batch was made of, if it was."""
    row = session.get(MappedRow, batch_id)
    if row is None:
        return None
    made_of = session.get(MadeOfRow, batch_id)
    waits = made_of is not None and session.get(ImportRow, made_of.import_id) is not None
    return MappedFrom(
        file=row.file,
        mapping=MAPPING.validate_python(row.mapping),
        notes=row.notes,
        import_id=made_of.import_id if made_of and waits else None,
    )


def write_mapped(
    imports: PendingImports, import_id: str, mapping: Mapping, batch_id: str, target: Path
) -> tuple[MappedRow, MadeOfRow]:
    """Write the batch that a mapping makes of a file, and return what is to be known of it; the mapping is remembered.

    Raises:
        ApiError: 404.
        BatchError: (a ValueError) the mapping does not fit the file.
    """
    row, fields = imports.row(import_id), imports.fields(import_id)
    planned = plan(fields, mapping)
    save_batch(target, *planned.batch(), metadata={"mapping": MAPPING.dump_json(mapping).decode()})
    imports.remember(fields, mapping)
    mapped = MappedRow(
        batch_id=batch_id,
        file=row.name,
        mapping=MAPPING.dump_python(mapping, mode="json"),
        notes=[*row.notes, *planned.notes],
        python=row.python,
    )
    return mapped, MadeOfRow(batch_id=batch_id, import_id=import_id)
