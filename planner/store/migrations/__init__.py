"""How a database of any version becomes one of this version: Alembic's environment, the steps, HEAD."""
