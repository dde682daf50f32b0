"""The list of batches tells which of them hold transitions without order."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Those that are stored already are listed as sequences, as they were; opened, they tell what they are."""
    op.add_column("batches", sa.Column("transitions", sa.Boolean, nullable=False, server_default="0"))
