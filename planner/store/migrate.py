"""Bring a database up to this version of the planner, in one transaction, by one process at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from planner.errors import PlannerError
from planner.store.engine import Engines

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = (MIGRATIONS / "HEAD").read_text(encoding="ascii").strip()
"""The newest step. It stands in a file of one line, so that two branches that add a step conflict."""
POSTGRES_LOCK = 7_316_001


def current(connection: Connection) -> str | None:
    """The step a database stands at; None when it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()


def upgrade(engines: Engines, *, to: str = HEAD) -> None:
    """Run the steps that are missing; nothing when there are none."""
    with engines.reader.begin() as connection:
        if current(connection) == to:
            return
    with engines.writer.begin() as connection:
        if engines.is_postgres:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")
        config, here = _config(connection), current(connection)
        from alembic import command  # noqa: PLC0415 (slow to import, seldom needed)
        from alembic.script import ScriptDirectory  # noqa: PLC0415

        known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
        if here is not None and here not in known:
            raise PlannerError(
                f"The database was made by a newer version of the planner (step {here}): upgrade the planner, then try again."
            )
        command.upgrade(config, to)


def downgrade(engines: Engines, *, to: str) -> None:
    """Undo steps down to this one (``base``: all). What only newer steps can hold is lost."""
    from alembic import command  # noqa: PLC0415 (slow to import, seldom needed)

    with engines.writer.begin() as connection:
        command.downgrade(_config(connection), to)


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
