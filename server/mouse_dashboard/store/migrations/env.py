"""What Alembic runs: the migrations, in the transaction that the program has begun."""

from alembic import context

from mouse_dashboard.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
