"""The SQLite tables: stored batches, what they were made of, files to be mapped, runs that pushed batches."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Engine, UniqueConstraint, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column

BUSY_SECONDS = 30


class Base(MappedAsDataclass, DeclarativeBase):
    """Base of the tables."""


class BatchRow(Base):
    """One stored batch; its file is named after the id."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int]
    created: Mapped[str] = mapped_column(index=True)
    stored_size: Mapped[int]
    """Bytes of the file here: another one than was sent if it was converted."""
    B: Mapped[int]
    S: Mapped[int]
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class UnlistedRow(Base):
    """A batch that the list of batches leaves out: it is there for a run."""

    __tablename__ = "unlisted"

    batch_id: Mapped[str] = mapped_column(primary_key=True)


class MappedRow(Base):
    """What a batch was made of that was none as it was sent."""

    __tablename__ = "mapped"

    batch_id: Mapped[str] = mapped_column(primary_key=True)
    file: Mapped[str]
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    notes: Mapped[list[str]] = mapped_column(JSON)
    python: Mapped[str]
    """Lines that read the file as it was sent."""


class MadeOfRow(Base):
    """Which file of the imports a batch was made of, so that it can be mapped otherwise."""

    __tablename__ = "made_of"

    batch_id: Mapped[str] = mapped_column(primary_key=True)
    import_id: Mapped[str]


class ImportRow(Base):
    """A file that waits for a mapping, the first or another; its fields lie in the file named after the id."""

    __tablename__ = "imports"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int]
    created: Mapped[str] = mapped_column(index=True)
    stored_size: Mapped[int]
    notes: Mapped[list[str]] = mapped_column(JSON)
    python: Mapped[str]


class MappingRow(Base):
    """The mapping that was last used for files of these fields."""

    __tablename__ = "mappings"

    signature: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)


class RunRow(Base):
    """One training run."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    session: Mapped[str | None]
    """Who pushes to it; nobody in particular if not known."""
    created: Mapped[str]
    updated: Mapped[str]
    dropped: Mapped[int] = mapped_column(default=0)
    """Snapshots that went to make room for others."""


class SnapshotRow(Base):
    """A batch of a run at a step."""

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("run_id", "step"),)

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


def open_tables(path: Path) -> Engine:
    """Open the database; tables that are new are made."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    with writing(engine) as session:
        Base.metadata.create_all(session.connection())
    return engine


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    """Alone among all processes until the end: files and tables change together."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session


@contextmanager
def reading(engine: Engine) -> Generator[Session]:
    """See the tables as they were last committed."""
    with Session(engine) as session:
        yield session
