"""Take over a data base of before there were revisions: the tables that it lacks are made."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Older ones have fewer tables, and the same columns."""
    text, number = sa.String, sa.Integer
    _make("unlisted", sa.Column("batch_id", text, primary_key=True))
    _make(
        "mapped",
        sa.Column("batch_id", text, primary_key=True),
        sa.Column("file", text, nullable=False),
        sa.Column("mapping", sa.JSON, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("python", text, nullable=False),
    )
    _make("made_of", sa.Column("batch_id", text, primary_key=True), sa.Column("import_id", text, nullable=False))
    _make(
        "imports",
        sa.Column("id", text, primary_key=True),
        sa.Column("name", text, nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("created", text, nullable=False),
        sa.Column("stored_size", number, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("python", text, nullable=False),
    )
    _make(
        "mappings",
        sa.Column("signature", text, primary_key=True),
        sa.Column("mapping", sa.JSON, nullable=False),
    )
    _make(
        "runs",
        sa.Column("id", text, primary_key=True),
        sa.Column("name", text, nullable=False),
        sa.Column("session", text),
        sa.Column("created", text, nullable=False),
        sa.Column("updated", text, nullable=False),
        sa.Column("dropped", number, nullable=False),
    )
    _make(
        "snapshots",
        sa.Column("number", number, primary_key=True),
        sa.Column("run_id", text, nullable=False),
        sa.Column("step", number, nullable=False),
        sa.Column("batch_id", text, nullable=False),
        sa.Column("created", text, nullable=False),
        sa.Column("configs", sa.JSON, nullable=False),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("sequences", sa.JSON),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("tries", number, nullable=False),
        sa.Column("examined", sa.JSON),
        sa.UniqueConstraint("run_id", "step"),
    )


def _make(name: str, *parts: sa.Column[object] | sa.UniqueConstraint) -> None:
    op.create_table(name, *parts, if_not_exists=True)
