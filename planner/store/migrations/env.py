"""Alembic's way in: it works on the connection, and inside the transaction, that ``planner.store.migrate`` opened."""

from alembic import context

from planner.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
context.run_migrations()
