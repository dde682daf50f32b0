"""Batches under one folder: a listed batch is whole, whenever the process was killed or the disk ran full."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from anyio.to_thread import run_sync
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from tensordict import TensorDict

from mouse.batch import load_batch
from mouse.losses import LOSSES
from mouse.losses.fields import batch_shape
from server.errors import ApiError
from server.reading import Limits, read_as_safetensors
from server.store.field_counts import describe_fields
from server.store.full_disk import full_disk_told
from server.store.incoming import Incoming
from server.store.models import BatchInfo, BatchSummary, FieldInfo, LossReadiness
from server.store.origin import drop_snapshots_without_batch, has_origin, origin_of
from server.store.receiving import receive_file
from server.store.tables import BatchRow, UnlistedRow, open_tables, reading, writing

SUFFIX = ".safetensors"
UNCLAIMED = timedelta(hours=1)
"""How long an unlisted batch waits for the snapshot that it was sent for."""


class BatchStore:
    """Files ``<sha256>.safetensors`` and their tables. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._files = folder / "batches"
        self._files.mkdir(parents=True, exist_ok=True)
        self._limits = limits
        self._incoming = Incoming(folder / "incoming")
        self.engine = open_tables(folder / "mouse.sqlite")
        self._make_whole()

    def close(self) -> None:
        """Release the folder."""
        self.engine.dispose()
        self._incoming.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def receive(self, name: str, stream: AsyncIterator[bytes], *, listed: bool = True) -> tuple[BatchInfo, bool]:
        """Store the file that comes in, and return it and whether it is new; bytes known already are kept once.

        One that is not `listed` is there for the snapshot of a run; whoever sends it as a file of its own lists it.

        Raises:
            ApiError: 413, 415, 422 or 507 that says why the file cannot be kept; nothing is stored then.
            BatchError: (a ValueError) the tensors are no batch.
            MissingFieldError: (a KeyError) the tensors are no batch.
        """
        with full_disk_told(), self._incoming.scratch() as scratch:
            received = scratch / "received"
            batch_id = await receive_file(stream, received, self._limits)
            return await run_sync(self._keep, batch_id, name, received, listed)

    def batches(self) -> list[BatchSummary]:
        """List what is stored as a file of its own, newest first."""
        with reading(self.engine) as session:
            listed = BatchRow.id.not_in(select(UnlistedRow.batch_id))
            rows = session.scalars(select(BatchRow).where(listed).order_by(BatchRow.created.desc(), BatchRow.id))
            return [BatchSummary.model_validate(row, from_attributes=True) for row in rows]

    def info(self, batch_id: str) -> BatchInfo:
        """Tell what was understood of a batch.

        Raises:
            ApiError: 404.
        """
        return self._told(self._row(batch_id), self.open(batch_id))

    def path(self, batch_id: str) -> Path:
        """Return where the file of a batch lies.

        Raises:
            ApiError: 404.
        """
        if not self.has(batch_id):
            raise unknown_batch(batch_id)
        return self._path(batch_id)

    def open(self, batch_id: str) -> tuple[TensorDict, TensorDict]:
        """Map `step_stream` and `out` of a batch into memory; nothing is read before it is used.

        Raises:
            ApiError: 404.
        """
        try:
            return load_batch(self.path(batch_id))
        except FileNotFoundError as error:  # deleted meanwhile
            raise unknown_batch(batch_id) from error

    def delete(self, batch_id: str) -> None:
        """Forget a batch. Whoever has it open keeps it until they let go.

        Raises:
            ApiError: 404, or 409: it belongs to a run.
        """
        with writing(self.engine) as session:
            row = session.get(BatchRow, batch_id)
            if row is None:
                raise unknown_batch(batch_id)
            if origin := origin_of(session, batch_id):
                raise has_origin(origin)
            self._drop(session, row)

    def drop_unused(self, session: Session, batch_id: str) -> bool:
        """Drop a batch that is not listed once no snapshot has it any more, and say whether it went."""
        row, unlisted = session.get(BatchRow, batch_id), session.get(UnlistedRow, batch_id)
        if row is None or unlisted is None or origin_of(session, batch_id):
            return False
        self._drop(session, row)
        return True

    def _drop(self, session: Session, row: BatchRow) -> None:
        session.execute(delete(UnlistedRow).where(UnlistedRow.batch_id == row.id))
        session.delete(row)
        session.flush()
        self._path(row.id).unlink(missing_ok=True)

    def _keep(self, batch_id: str, name: str, received: Path, listed: bool) -> tuple[BatchInfo, bool]:
        if self.has(batch_id):
            if listed:
                self._list(batch_id)
            return self.info(batch_id), False
        size = received.stat().st_size
        target = received.with_name("batch.safetensors")
        read_as_safetensors(received, target, self._limits)
        batch = load_batch(target)
        rows, steps = batch_shape(batch[0])
        row = BatchRow(
            id=batch_id,
            name=name,
            size=size,
            created=datetime.now(UTC).isoformat(timespec="microseconds"),
            stored_size=target.stat().st_size,
            B=rows,
            S=steps,
            fields=[field.model_dump() for field in describe_fields(*batch)],
        )
        _sync(target)
        with writing(self.engine) as session:
            new = session.get(BatchRow, batch_id) is None
            if new:
                session.add_all([row] if listed else [row, UnlistedRow(batch_id)])
                session.flush()
                target.replace(self._path(batch_id))
                _sync(self._files)
        return self._told(row, batch), new

    def _list(self, batch_id: str) -> None:
        with writing(self.engine) as session:
            session.execute(delete(UnlistedRow).where(UnlistedRow.batch_id == batch_id))

    def _make_whole(self) -> None:
        """Drop rows whose file is not whole, and files without a row: what a kill between two steps leaves."""
        with writing(self.engine) as session:
            self._drop_unclaimed(session)
            sizes = {path.name: path.stat().st_size for path in self._files.iterdir()}
            for row in session.scalars(select(BatchRow)).all():
                if sizes.pop(self._path(row.id).name, None) != row.stored_size:
                    self._drop(session, row)
            for leftover in sizes:
                (self._files / leftover).unlink()
            drop_snapshots_without_batch(session)

    def _drop_unclaimed(self, session: Session) -> None:
        """Of a client that was gone before it could say what the batch is of."""
        before = (datetime.now(UTC) - UNCLAIMED).isoformat(timespec="microseconds")
        unlisted = select(BatchRow.id).join(UnlistedRow, UnlistedRow.batch_id == BatchRow.id)
        for batch_id in session.scalars(unlisted.where(BatchRow.created < before)).all():
            self.drop_unused(session, batch_id)

    def has(self, batch_id: str) -> bool:
        """Whether a batch is stored; asked twice at every tick of a slider, so nothing of it is read."""
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(_EXISTS, (batch_id,)).first() is not None

    def _told(self, row: BatchRow, batch: tuple[TensorDict, TensorDict]) -> BatchInfo:
        missing = {name: list(loss.missing(*batch)) for name, loss in LOSSES.items()}
        with reading(self.engine) as session:
            return BatchInfo(
                **BatchSummary.model_validate(row, from_attributes=True).model_dump(),
                fields=[FieldInfo.model_validate(field) for field in row.fields],
                losses=[LossReadiness(name=name, runs=not fields, missing=fields) for name, fields in missing.items()],
                snapshot=origin_of(session, row.id),
            )

    def _row(self, batch_id: str) -> BatchRow:
        with reading(self.engine) as session:
            row = session.get(BatchRow, batch_id)
        if row is None:
            raise unknown_batch(batch_id)
        return row

    def _path(self, batch_id: str) -> Path:
        return self._files / f"{batch_id}{SUFFIX}"


_EXISTS = f"SELECT 1 FROM {BatchRow.__tablename__} WHERE id = ?"  # noqa: S608 - a name of ours


def unknown_batch(batch_id: str) -> ApiError:
    """The answer to the id of a batch that is not here."""
    return ApiError(
        404,
        "unknown_batch",
        f"batch_id: found no batch {batch_id[:12]}..., expected one of the list; it was deleted or never sent here.",
        "batch_id",
    )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
