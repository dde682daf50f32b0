"""Batches under one folder: a listed batch is whole, whenever the process was killed or the disk ran full."""

import errno
import os
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from anyio.to_thread import run_sync
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from tensordict import TensorDict

from mouse.batch import load_batch
from mouse.losses import LOSSES
from mouse.losses.fields import batch_shape
from server.errors import ApiError
from server.reading import read_as_safetensors
from server.store.field_counts import describe_fields
from server.store.incoming import Incoming
from server.store.models import BatchInfo, BatchSummary, FieldInfo, LossReadiness
from server.store.receiving import receive_file
from server.store.table import BatchRow, open_table, reading, writing

SUFFIX = ".safetensors"


class BatchStore:
    """Files ``<sha256>.safetensors`` and their table. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._files = folder / "batches"
        self._files.mkdir(parents=True, exist_ok=True)
        self._max_bytes = max_bytes
        self._incoming = Incoming(folder / "incoming")
        self._engine = open_table(folder / "mouse.sqlite")
        self._make_whole()

    def close(self) -> None:
        """Release the folder."""
        self._engine.dispose()
        self._incoming.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def receive(self, name: str, stream: AsyncIterator[bytes]) -> tuple[BatchInfo, bool]:
        """Store the file that comes in, and return it and whether it is new; bytes known already are kept once.

        Raises:
            ApiError: 413, 415, 422 or 507 that says why the file cannot be kept; nothing is stored then.
            BatchError: (a ValueError) the tensors are no batch.
            MissingFieldError: (a KeyError) the tensors are no batch.
        """
        with _full_disk_told(), self._incoming.scratch() as scratch:
            received = scratch / "received"
            batch_id = await receive_file(stream, received, self._max_bytes)
            return await run_sync(self._keep, batch_id, name, received)

    def batches(self) -> list[BatchSummary]:
        """List what is stored, newest first."""
        with reading(self._engine) as session:
            rows = session.scalars(select(BatchRow).order_by(BatchRow.created.desc(), BatchRow.id))
            return [BatchSummary.model_validate(row, from_attributes=True) for row in rows]

    def info(self, batch_id: str) -> BatchInfo:
        """Tell what was understood of a batch.

        Raises:
            ApiError: 404.
        """
        return _told(self._row(batch_id), self.open(batch_id))

    def path(self, batch_id: str) -> Path:
        """Return where the file of a batch lies.

        Raises:
            ApiError: 404.
        """
        return self._path(self._row(batch_id).id)

    def open(self, batch_id: str) -> tuple[TensorDict, TensorDict]:
        """Map `step_stream` and `out` of a batch into memory; nothing is read before it is used.

        Raises:
            ApiError: 404.
        """
        try:
            return load_batch(self.path(batch_id))
        except FileNotFoundError as error:  # deleted meanwhile
            raise _unknown(batch_id) from error

    def delete(self, batch_id: str) -> None:
        """Forget a batch. Whoever has it open keeps it until they let go.

        Raises:
            ApiError: 404.
        """
        with writing(self._engine) as session:
            row = session.get(BatchRow, batch_id)
            if row is None:
                raise _unknown(batch_id)
            session.delete(row)
            self._path(batch_id).unlink(missing_ok=True)

    def _keep(self, batch_id: str, name: str, received: Path) -> tuple[BatchInfo, bool]:
        if self.has(batch_id):
            return self.info(batch_id), False
        size = received.stat().st_size
        target = received.with_name("batch.safetensors")
        read_as_safetensors(received, target, self._max_bytes)
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
        with writing(self._engine) as session:
            new = session.get(BatchRow, batch_id) is None
            if new:
                session.add(row)
                session.flush()
                target.replace(self._path(batch_id))
                _sync(self._files)
        return _told(row, batch), new

    def _make_whole(self) -> None:
        """Drop rows whose file is not whole, and files without a row: what a kill between two steps leaves."""
        with writing(self._engine) as session:
            sizes = {path.name: path.stat().st_size for path in self._files.iterdir()}
            for row in session.scalars(select(BatchRow)):
                if sizes.get(self._path(row.id).name) == row.stored_size:
                    del sizes[self._path(row.id).name]
                else:
                    session.delete(row)
            for leftover in sizes:
                (self._files / leftover).unlink()

    def has(self, batch_id: str) -> bool:
        """Whether a batch is stored."""
        with reading(self._engine) as session:
            return session.get(BatchRow, batch_id) is not None

    def _row(self, batch_id: str) -> BatchRow:
        with reading(self._engine) as session:
            row = session.get(BatchRow, batch_id)
        if row is None:
            raise _unknown(batch_id)
        return row

    def _path(self, batch_id: str) -> Path:
        return self._files / f"{batch_id}{SUFFIX}"


def _told(row: BatchRow, batch: tuple[TensorDict, TensorDict]) -> BatchInfo:
    missing = {name: list(loss.missing(*batch)) for name, loss in LOSSES.items()}
    return BatchInfo(
        **BatchSummary.model_validate(row, from_attributes=True).model_dump(),
        fields=[FieldInfo.model_validate(field) for field in row.fields],
        losses=[LossReadiness(name=name, runs=not fields, missing=fields) for name, fields in missing.items()],
    )


def _unknown(batch_id: str) -> ApiError:
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


@contextmanager
def _full_disk_told() -> Generator[None]:
    full = ApiError(507, "disk_full", "file: found no room left in the data folder; delete batches or free some space.")
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise full from error
        raise
    except OperationalError as error:
        if "full" in str(error.orig):
            raise full from error
        raise
