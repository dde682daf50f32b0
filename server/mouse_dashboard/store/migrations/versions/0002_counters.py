"""Order by counters, not by the clock; what three side tables said of batches becomes columns of theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """SQLite gives no table another key: each is written anew, in the order that it had."""
    text, number = sa.String, sa.Integer
    _rewrite(
        "batches",
        [
            *_of_file(),
            sa.Column("B", number, nullable=False),
            sa.Column("S", number, nullable=False),
            sa.Column("fields", sa.JSON, nullable=False),
            sa.Column("listed", sa.Boolean, nullable=False),
            sa.Column("mapping", sa.JSON),
            sa.Column("notes", sa.JSON),
            sa.Column("python", text),
            sa.Column("import_id", text),
        ],
        """SELECT id, name, size, created, stored_size, "B", "S", fields, unlisted.batch_id IS NULL, mapping, notes,
        python, import_id FROM batches LEFT JOIN unlisted ON unlisted.batch_id = id
        LEFT JOIN mapped ON mapped.batch_id = id LEFT JOIN made_of ON made_of.batch_id = id
        ORDER BY created, id DESC""",
    )
    for side in ("unlisted", "mapped", "made_of"):
        op.drop_table(side)
    _rewrite(
        "imports",
        [
            *_of_file(),
            sa.Column("notes", sa.JSON, nullable=False),
            sa.Column("python", text, nullable=False),
        ],
        "SELECT id, name, size, created, stored_size, notes, python FROM imports ORDER BY created, id DESC",
    )
    _rewrite(
        "runs",
        [
            sa.Column("id", text, nullable=False, unique=True),
            sa.Column("name", text, nullable=False),
            sa.Column("session", text),
            sa.Column("created", text, nullable=False),
            sa.Column("updated", text, nullable=False),
            sa.Column("dropped", number, nullable=False),
            sa.Column("latest", number, nullable=False),
        ],
        """SELECT id, name, session, created, updated, dropped,
        coalesce((SELECT max(number) FROM snapshots WHERE run_id = runs.id), 0) FROM runs ORDER BY created, id""",
    )
    op.create_index("ix_runs_name", "runs", ["name"])
    _rewrite(
        "snapshots",
        [
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
        ],
        """SELECT number, run_id, step, batch_id, created, configs, metrics, sequences, pinned, tries, examined
        FROM snapshots ORDER BY number""",
        sa.UniqueConstraint("run_id", "step"),
    )
    op.create_index("ix_snapshots_batch_id", "snapshots", ["batch_id"])


def _of_file() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("stored_size", sa.Integer, nullable=False),
    ]


def _rewrite(table: str, columns: list[sa.Column[object]], rows: str, *more: sa.UniqueConstraint) -> None:
    counter = sa.Column("number", sa.Integer, primary_key=True)
    names = [column.name for column in columns]
    if rows.startswith("SELECT number"):
        names.insert(0, "number")
    op.create_table(f"{table}_new", counter, *columns, *more, sqlite_autoincrement=True)
    into = ", ".join(f'"{name}"' for name in names)
    op.execute(f"INSERT INTO {table}_new ({into}) {rows}")
    op.drop_table(table)
    op.rename_table(f"{table}_new", table)
