"""A batch may name the field that was recorded as its loss."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """No batch named one before."""
    op.add_column("batches", sa.Column("loss_field", sa.String))
