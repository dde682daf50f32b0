"""Files that wait for a mapping: stored atomically, the oldest dropped beyond a limit."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping import Mapping, MappingProposal, detect
from mouse.mapping.apply import arrange
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.compute.file_metadata import MAPPING
from mouse_dashboard.compute.functions.file_names import keep_names
from mouse_dashboard.reading import Fields
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.file_table import FileTable, sync
from mouse_dashboard.store.import_models import Import, Question, SourceField
from mouse_dashboard.store.quarantine import Quarantine
from mouse_dashboard.store.reserve import Reserve
from mouse_dashboard.store.tables import ImportRow, MappingRow, read_transaction, write_transaction

MAX_PENDING = 16
REMEMBERED = "The mapping is that of the last file with these fields."


class PendingImports:
    """Files ``<sha256>.safetensors`` with the unchanged fields, and their table."""

    def __init__(  # noqa: PLR0913, PLR0917  parts of the store
        self,
        folder: Path,
        engine: Engine,
        max_bytes: int,
        quarantine: Quarantine,
        reserve: Reserve,
        functions: Sequence[FunctionAddress] = (),
    ) -> None:
        self._functions = functions
        self._files = FileTable(folder, ImportRow, quarantine)
        self._engine = engine
        self._max_bytes = max_bytes
        self._reserve = reserve
        with write_transaction(engine) as session:
            self._files.repair(session, self._drop)

    def add(self, import_id: str, name: str, size: int, found: Fields) -> tuple[Import, bool]:
        """Store the fields of a file until they are mapped, and return whether it is new; moves the file of `found`."""
        row = ImportRow(
            id=import_id,
            name=name,
            size=size,
            created=datetime.now(UTC).isoformat(timespec="microseconds"),
            stored_size=found.path.stat().st_size,
            notes=list(found.notes),
            python=found.python,
        )
        sync(found.path)
        with self._files.writing(self._engine, import_id) as session:
            new = session.get(ImportRow, import_id) is None
            if new:
                self._files.put(session, row, found.path)
                self._drop_oldest(session)
        return self.info(import_id), new

    def info(self, import_id: str) -> Import:
        """Describe a file and its suggested mapping.

        Raises:
            ApiError: 404.
        """
        row, fields = self.row(import_id), self.fields(import_id)
        detected = keep_names(detect(fields), self._functions)
        known = self._remembered(fields)
        notes = (*row.notes, *(detected.notes if known is None else (REMEMBERED,)))
        return Import(
            id=row.id,
            name=row.name,
            fields=[
                SourceField(name=name, dtype=str(value.dtype).removeprefix("torch."), shape=list(value.shape))
                for name, value in fields.items()
            ],
            mapping=known or detected.mapping,
            notes=list(notes),
            questions=[] if known else to_questions(detected),
            remembered=known is not None,
        )

    def fields(self, import_id: str) -> dict[str, Tensor]:
        """Memory-map the fields of a file; data is read on use.

        Raises:
            ApiError: 404.
        """
        try:
            return load_file(self._files.path(self.row(import_id).id))
        except FileNotFoundError as error:  # deleted meanwhile
            raise _unknown(import_id) from error

    def row(self, import_id: str) -> ImportRow:
        """Return the row stored when the file was received.

        Raises:
            ApiError: 404.
        """
        with read_transaction(self._engine) as session:
            row = session.get(ImportRow, import_id)
        if row is None:
            raise _unknown(import_id)
        return row

    def remember(self, fields: dict[str, Tensor], mapping: Mapping) -> None:
        """Remember a mapping as the suggestion for the next file with these fields."""
        plain = MAPPING.dump_python(mapping, mode="json")
        with write_transaction(self._engine) as session:
            session.merge(MappingRow(signature=_signature(fields), mapping=plain))

    def delete(self, import_id: str) -> None:
        """Delete a file.

        Raises:
            ApiError: 404.
        """
        with self._reserve.released(), write_transaction(self._engine) as session:
            row = session.get(ImportRow, import_id)
            if row is None:
                raise _unknown(import_id)
            self._drop(session, row)

    def _remembered(self, fields: dict[str, Tensor]) -> Mapping | None:
        """The last mapping of the same fields, if it fits this file too."""
        with read_transaction(self._engine) as session:
            row = session.get(MappingRow, _signature(fields))
        if row is None:
            return None
        mapping = MAPPING.validate_python(row.mapping)
        try:
            arrange(fields, mapping)
        except BatchError:
            return None
        return mapping

    def _drop_oldest(self, session: Session) -> None:
        """Keep the newest file, and older ones up to the limits."""
        newest = list(session.scalars(select(ImportRow).order_by(ImportRow.number.desc())))
        total = 0
        for place, row in enumerate(newest):
            total += row.stored_size
            if place and (place >= MAX_PENDING or total > self._max_bytes):
                self._drop(session, row)

    def _drop(self, session: Session, row: ImportRow) -> None:
        session.delete(row)
        self._files.remove(row.id)


def to_questions(detected: MappingProposal) -> list[Question]:
    """The questions that need confirmation."""
    return [Question(part=part, text=text) for part, text in detected.questions.items()]


def _signature(fields: dict[str, Tensor]) -> str:
    """The signature that files with the same mapping share: names and ranks of fields."""
    return hashlib.sha256(repr(sorted((name, value.dim()) for name, value in fields.items())).encode()).hexdigest()


def _unknown(import_id: str) -> ApiError:
    return ApiError(
        404,
        "unknown_import",
        f"import_id: found no file {import_id[:12]}... that waits for a mapping; send it again.",
        "import_id",
    )
