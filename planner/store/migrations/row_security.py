"""Row-level security of one table, for the steps that make tables of partnerships (PostgreSQL only)."""

from __future__ import annotations

from alembic import op


def protect(table: str, *, of: str = "planner_sees(partnership_id)") -> None:
    """Show and take rows of the partnerships in sight only; the table's owner is held to it too.

    ``of`` says in SQL when a row is in sight. Does nothing on SQLite.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE POLICY in_sight ON {table} USING ({of})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def unprotect(table: str) -> None:
    """Undo it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY IF EXISTS in_sight ON {table}")
