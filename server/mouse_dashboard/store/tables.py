"""The SQLite tables: batches, their source files, pending imports, runs and snapshots."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, Engine, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column

COUNTED = {"sqlite_autoincrement": True}
"""Numbers are never used twice, not even those of rows that are gone."""


class Base(MappedAsDataclass, DeclarativeBase):
    """Base of the tables."""


class BatchRow(Base):
    """One stored batch; its file is named after the id."""

    __tablename__ = "batches"
    __table_args__ = COUNTED

    number: Mapped[int] = mapped_column(primary_key=True, init=False)
    """In the order of arrival, whatever the clock says."""
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    size: Mapped[int]
    created: Mapped[str]
    stored_size: Mapped[int]
    """Bytes of the file here: another one than was sent if it was converted."""
    B: Mapped[int]
    S: Mapped[int]
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    listed: Mapped[bool] = mapped_column(default=True)
    """Whether the list of batches has it; else it is there for a run."""
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """How it was made of a file that was no batch as it was sent; None for one that was."""
    notes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """What was done with that file."""
    python: Mapped[str | None] = mapped_column(default=None)
    """Lines that read that file as it was sent."""
    import_id: Mapped[str | None] = mapped_column(default=None)
    """That file among the imports, so that it can be mapped otherwise."""
    loss_field: Mapped[str | None] = mapped_column(default=None)
    """The field that is named as the loss."""
    transitions: Mapped[bool] = mapped_column(default=False, server_default="0")
    """Whether its sequences are transitions without order."""

    __mapper_args__ = {"primary_key": [id]}  # noqa: A003, RUF012  the column above


class ImportRow(Base):
    """A file that waits for a mapping, the first or another; its fields lie in the file named after the id."""

    __tablename__ = "imports"
    __table_args__ = COUNTED

    number: Mapped[int] = mapped_column(primary_key=True, init=False)
    """In the order of arrival."""
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    size: Mapped[int]
    created: Mapped[str]
    stored_size: Mapped[int]
    notes: Mapped[list[str]] = mapped_column(JSON)
    python: Mapped[str]

    __mapper_args__ = {"primary_key": [id]}  # noqa: A003, RUF012  the column above


class MappingRow(Base):
    """The mapping that was last used for files of these fields."""

    __tablename__ = "mappings"

    signature: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)


class RunRow(Base):
    """One training run."""

    __tablename__ = "runs"
    __table_args__ = COUNTED

    number: Mapped[int] = mapped_column(primary_key=True, init=False)
    """In the order of their first snapshots."""
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    session: Mapped[str | None]
    """Who pushes to it; nobody in particular if not known."""
    created: Mapped[str]
    updated: Mapped[str]
    dropped: Mapped[int] = mapped_column(default=0)
    """Snapshots that went to make room for others."""
    latest: Mapped[int] = mapped_column(default=0)
    """Number of the snapshot that came last."""
    changes: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """What changed along it; nothing yet if None."""

    __mapper_args__ = {"primary_key": [id]}  # noqa: A003, RUF012  the column above


class SnapshotRow(Base):
    """A batch of a run at a step."""

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("run_id", "step"), COUNTED)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    """In the order of arrival."""
    run_id: Mapped[str]
    step: Mapped[int]
    batch_id: Mapped[str] = mapped_column(index=True)
    created: Mapped[str]
    configs: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    sequences: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))
    pinned: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(default=0)
    """How often somebody began to look at it."""
    examined: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """What came out of it; nothing yet if None."""
    statistics: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """What the rules over a run need of it; None where it was examined before there were any."""


@contextmanager
def write_transaction(engine: Engine) -> Generator[Session]:
    """An exclusive transaction across processes: files and tables change together."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session


@contextmanager
def read_transaction(engine: Engine) -> Generator[Session]:
    """A read transaction: sees the last committed state."""
    with Session(engine) as session:
        yield session
