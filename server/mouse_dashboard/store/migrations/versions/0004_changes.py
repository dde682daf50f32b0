"""Snapshots keep the statistics that rules over a run read; a run keeps what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing was kept before: what is pushed from now on begins the history."""
    op.add_column("snapshots", sa.Column("statistics", sa.JSON))
    op.add_column("runs", sa.Column("changes", sa.JSON))
