"""The batch store: a listed batch is always complete, even after a kill or on a full disk."""

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Self

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session
from tensordict import TensorDict

from mouse.batch import load_batch, recorded_loss
from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from mouse.mapping import Mapping as FieldMapping
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.file_metadata import MAPPING
from mouse_dashboard.reading import FileLimits
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.batch_info import batch_info, unknown_batch
from mouse_dashboard.store.batch_rows import is_stored, list_row, read_loss_field, read_row, set_loss_field
from mouse_dashboard.store.data_folder import DataFolder
from mouse_dashboard.store.database import open_database
from mouse_dashboard.store.file_table import FileTable, sync
from mouse_dashboard.store.full_disk import refuse_full_disk
from mouse_dashboard.store.import_models import Import
from mouse_dashboard.store.imports import PendingImports
from mouse_dashboard.store.mapped import write_mapped
from mouse_dashboard.store.models import BatchInfo, BatchSummary
from mouse_dashboard.store.native import is_native
from mouse_dashboard.store.open_batches import OpenBatches, map_batch
from mouse_dashboard.store.origin import batch_in_run_error, drop_snapshots_without_batch, origin_of
from mouse_dashboard.store.orphans import Orphans
from mouse_dashboard.store.quarantine import DAYS, Quarantine
from mouse_dashboard.store.readers import Gone, ReaderPool, wait_forever
from mouse_dashboard.store.rebuild import is_emptied, make_row, rebuild
from mouse_dashboard.store.receiving import receive_file
from mouse_dashboard.store.records import Records
from mouse_dashboard.store.reserve import Reserve
from mouse_dashboard.store.tables import BatchRow, SnapshotRow, read_transaction, write_transaction
from mouse_dashboard.store.threads import Threads
from mouse_dashboard.store.upload_scratch import UploadScratch


class BatchStore:
    """Files ``<sha256>.safetensors`` and their tables. Safe to use from several threads and processes."""

    def __init__(
        self,
        folder: Path,
        limits: FileLimits,
        losses: Mapping[str, AnyLoss] = LOSSES,
        functions: Sequence[FunctionAddress] = (),
    ) -> None:
        self._losses = losses
        data = DataFolder(folder)
        self.quarantine = Quarantine(folder / "quarantine")
        self._records = Records(folder / "records")
        self._files = FileTable(folder / "batches", BatchRow, self.quarantine, self._records)
        self._limits = limits
        self._readers = ReaderPool()
        self._threads = Threads()
        self.open_batches = OpenBatches()
        self._orphans = Orphans()
        with data.exclusive():
            self.engine, lost = open_database(data.database)
            self._uploads = UploadScratch(folder / "incoming")
            self._make_whole(lost=lost)
            self.reserve = Reserve(folder / "mouse.reserve")
            self.imports = PendingImports(
                folder / "imports", self.engine, 2 * limits.max_bytes, self.quarantine, self.reserve, functions
            )
            self.quarantine.remove(older_than=timedelta(days=DAYS))

    def close(self) -> None:
        """Release the folder."""
        self._readers.close()
        self._threads.close()
        self.engine.dispose()
        self._uploads.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def receive(
        self,
        name: str,
        stream: AsyncIterator[bytes],
        *,
        listed: bool = True,
        accept_native: bool = True,
        gone: Gone = wait_forever,
    ) -> tuple[BatchInfo | Import, bool]:
        """Store the file that comes in, and return it and whether it is new; bytes known already are kept once.

        One that is not `listed` is there for the snapshot of a run; whoever sends it as a file of its own lists it.
        A file that is no batch, or is not to be taken as it is, waits among the `imports` for a mapping.

        A reader is ended once the client is `gone`.

        Raises:
            ApiError: 413, 415, 422, 429 or 507 that says why the file cannot be kept; nothing is stored then.
            BatchError: (a ValueError) what save_batch wrote, or a run sends, is no batch.
            MissingFieldError: (a KeyError) what save_batch wrote, or a run sends, is no batch.
        """
        with refuse_full_disk(), self._uploads.folder() as scratch:
            received = scratch / "received"
            batch_id, found = await receive_file(stream, received, self._limits, self._readers.admit)
            if accept_native and (known := await self._threads.run(self._known, batch_id, listed=listed)) is not None:
                return known, False
            size = received.stat().st_size
            fields = await self._readers.read(found, received, name, self._limits, gone)
            if listed and not (accept_native and await self._threads.run(is_native, fields.path)):
                return await self._threads.run(self.imports.add, batch_id, name, size, fields)
            return await self._threads.run(self._add, batch_id, name, size, fields.path, listed=listed)

    async def map_import(self, import_id: str, mapping: FieldMapping) -> tuple[BatchInfo, bool]:
        """Map a waiting file to a batch, and return it and whether it is new; the mapping is remembered.

        Raises:
            ApiError: 404 or 507.
            BatchError: (a ValueError) the mapping does not fit the file; `field` names its part.
        """
        with refuse_full_disk(), self._uploads.folder() as scratch:
            return await self._threads.run(self._map, import_id, mapping, scratch / "mapped")

    def batches(self) -> list[BatchSummary]:
        """List the batches outside of runs, newest first."""
        with read_transaction(self.engine) as session:
            rows = session.scalars(select(BatchRow).where(BatchRow.listed).order_by(BatchRow.number.desc()))
            return [BatchSummary.model_validate(row, from_attributes=True) for row in rows]

    def info(self, batch_id: str) -> BatchInfo:
        """Describe a batch.

        Raises:
            ApiError: 404.
        """
        return batch_info(self.engine, self._read_row(batch_id), self.open(batch_id), self._losses)

    def path(self, batch_id: str) -> Path:
        """Return the path of a batch's file.

        Raises:
            ApiError: 404.
        """
        if not self.has(batch_id):
            raise unknown_batch(batch_id)
        return self._files.path(batch_id)

    def open(self, batch_id: str) -> tuple[TensorDict, TensorDict]:
        """Memory-map `step_stream` and `out` of a batch; data is read on use.

        Raises:
            ApiError: 404.
        """
        return map_batch(batch_id, self.path(batch_id))

    def batch(self, batch_id: str) -> Batch:
        """Open a batch for losses and figures, or reuse the one that is open.

        Raises:
            ApiError: 404.
        """
        loss_field, path = read_loss_field(self.engine, batch_id), self._files.path(batch_id)
        return Batch(batch_id, *self.open_batches.open(batch_id, path), path, loss_field)

    def name_loss_field(self, batch_id: str, name: str | None) -> BatchInfo:
        """Name the field of a batch that was recorded as the loss, or none.

        Raises:
            ApiError: 404, 422 or 507.
        """
        with refuse_full_disk(), write_transaction(self.engine) as session:
            row = read_row(session, batch_id)
            set_loss_field(row, name)
            self._records.write(row)
        return self.info(batch_id)

    def open_file(self, batch_id: str) -> tuple[str, BinaryIO]:
        """Return the name of a batch and its open file, which stays readable if the batch is deleted.

        Raises:
            ApiError: 404.
        """
        row = self._read_row(batch_id)
        try:
            return row.name, self._files.path(batch_id).open("rb")
        except FileNotFoundError as error:  # deleted meanwhile
            raise unknown_batch(batch_id) from error

    def delete(self, batch_id: str) -> None:
        """Delete a batch. Requests that have it open can continue to read it.

        Raises:
            ApiError: 404, or 409: it belongs to a run.
        """
        with self.reserve.released(), write_transaction(self.engine) as session:
            row = read_row(session, batch_id)
            if origin := origin_of(session, row.id):
                raise batch_in_run_error(origin)
            self._drop(session, [row.id])

    def drop_unused(self, session: Session, batch_ids: Collection[str]) -> list[str]:
        """Drop unlisted batches that no snapshot uses, and return their ids."""
        claimed = exists().where(SnapshotRow.batch_id == BatchRow.id)
        unlisted = select(BatchRow.id).where(BatchRow.id.in_(batch_ids), ~BatchRow.listed, ~claimed)
        unused = list(session.scalars(unlisted))
        self._drop(session, unused)
        return unused

    def _drop(self, session: Session, batch_ids: Collection[str]) -> None:
        session.execute(delete(BatchRow).where(BatchRow.id.in_(batch_ids)))
        for batch_id in batch_ids:
            self.open_batches.close(batch_id)
            self._files.remove(batch_id)

    def _known(self, batch_id: str, *, listed: bool) -> BatchInfo | None:
        """A batch that is stored already, and listed now if it is to be; None where it is not, or was just deleted."""
        if not self.has(batch_id):
            return None
        if listed:
            with write_transaction(self.engine) as session:
                list_row(session, batch_id)
        try:
            return self.info(batch_id)
        except ApiError as error:
            if error.body.code == "unknown_batch":
                return None
            raise

    def _map(self, import_id: str, mapping: FieldMapping, target: Path) -> tuple[BatchInfo, bool]:
        waiting = self.imports.row(import_id)
        text = MAPPING.dump_json(mapping).decode()
        batch_id = hashlib.sha256(f"{import_id} {text}".encode()).hexdigest()
        if (known := self._known(batch_id, listed=False)) is not None:
            return known, False
        about = write_mapped(self.imports, import_id, mapping, target)
        return self._add(batch_id, waiting.name, waiting.size, target, **about)

    def _add(self, batch_id: str, name: str, size: int, target: Path, **about: Any) -> tuple[BatchInfo, bool]:
        created = datetime.now(UTC).isoformat(timespec="microseconds")
        batch = load_batch(target)
        about = {"loss_field": recorded_loss(target), **about}
        row = make_row(batch_id, target, batch, {"name": name, "size": size, "created": created, **about})
        sync(target)
        with self._files.writing(self.engine, batch_id) as session:
            known = session.get(BatchRow, batch_id)
            if known is None:
                self._files.put(session, row, target)
                self.drop_unused(session, self._orphans.expired(session, but=batch_id))
            elif row.listed:  # somebody else has sent it meanwhile, for a run perhaps
                known.listed = True
        return batch_info(self.engine, known or row, batch, self._losses), known is None

    def _make_whole(self, *, lost: bool) -> None:
        """Repair what a kill left: drop rows with an incomplete file, quarantine files without a row."""
        with write_transaction(self.engine) as session:
            if lost or is_emptied(session):
                rebuild(session, self._files.folder, self._records)
            self._files.repair(session, lambda session, row: self._drop(session, [row.id]))
            drop_snapshots_without_batch(session)

    def list_batch(self, batch_id: str) -> bool:
        """List a stored batch that is there for a run only; False where no such batch is stored.

        Raises:
            ApiError: 507.
        """
        with read_transaction(self.engine) as session:
            row = session.get(BatchRow, batch_id)
        if row is not None and not row.listed:
            with refuse_full_disk(), write_transaction(self.engine) as session:
                list_row(session, batch_id)
        return row is not None

    def has(self, batch_id: str) -> bool:
        """Whether a batch is stored; runs at every slider move, so nothing of it is read."""
        return is_stored(self.engine, batch_id)

    def has_file(self, batch_id: str) -> bool:
        """Whether the file of a batch exists: a deletion removes it before others see the row disappear."""
        return self._files.path(batch_id).exists()

    def _read_row(self, batch_id: str) -> BatchRow:
        with read_transaction(self.engine) as session:
            return read_row(session, batch_id)

    def python_of(self, batch_id: str) -> str | None:
        """The Python snippet that reads the source file of a mapped batch; None for a native batch."""
        return self._read_row(batch_id).python
