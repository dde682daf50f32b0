"""The SQLite table of the stored batches."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Engine, create_engine
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


def open_table(path: Path) -> Engine:
    """Open the database; the table is made if it is new."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    with writing(engine) as session:
        Base.metadata.create_all(session.connection())
    return engine


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    """Alone among all processes until the end: files and table change together."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session


@contextmanager
def reading(engine: Engine) -> Generator[Session]:
    """See the table as it was last committed."""
    with Session(engine) as session:
        yield session
