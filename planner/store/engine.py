"""Connections: one SQLite file by default, PostgreSQL by URL.

SQLite gets two engines. Readers begin deferred and may not write; the writer begins IMMEDIATE, because
``busy_timeout`` does not cover a reader that turns writer ("database is locked" at once). One writing
connection a process: its threads queue for it instead of polling the lock.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url

from planner.errors import PlannerError
from planner.store.sight import tell_sight

DATABASE_FILE = "planner.db"
WAL_IS_SAFE_FROM = (3, 51, 3)
"""Before it, two processes that write or checkpoint a WAL database could corrupt it (SQLite's WAL-reset bug)."""
BUSY_MILLISECONDS = 10_000
SECRETS = ("password", "sslpassword", "oauth_client_secret")
"""What an address may hold after its question mark that nobody else may read."""
APPLICATION = "partnership-planner"
"""What the server lists our sessions as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Where to read and where to write; on PostgreSQL both share one pool."""

    reader: Engine
    writer: Engine

    @property
    def is_postgres(self) -> bool:
        """True where a database server is behind it."""
        return self.writer.dialect.name == "postgresql"

    def dispose(self) -> None:
        """Close every connection."""
        self.reader.dispose()
        self.writer.dispose()


def open_engines(url: str | None, home: Path) -> Engines:
    """Engines for this URL, or for the SQLite file in ``home`` when there is none."""
    try:
        address = URL.create("sqlite", database=str(home / DATABASE_FILE)) if url is None else make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Not repeated here: it may hold a password. Nor chained, for the error repeats it.
        raise PlannerError("What is given is not the address of a database: write postgresql://user:password@host/name.") from None
    if address.get_backend_name() == "postgresql":
        return _postgres(address)
    if address.get_backend_name() == "sqlite" and address.database not in {None, "", ":memory:"}:
        return _sqlite(address)
    raise PlannerError(
        f"The store is kept in PostgreSQL or in an SQLite file, not in {shown(address)}: write postgresql://user:password@host/name."
    )


def shown(address: URL) -> str:
    """The address as it may be told: without anything secret."""
    return address.difference_update_query(SECRETS).render_as_string()


def options_of(address: URL) -> str:
    """The settings that PostgreSQL's own programs would begin a session with: those of the address, else of PGOPTIONS."""
    given = address.query.get("options", os.environ.get("PGOPTIONS", ""))
    return given if isinstance(given, str) else " ".join(given)


# --- SQLite --------------------------------------------------------------------------------


def sqlite_module() -> ModuleType:
    """The newest SQLite at hand: pysqlite3 brings its own, else the one Python was built with."""
    with contextlib.suppress(ImportError):
        return importlib.import_module("pysqlite3.dbapi2")
    return importlib.import_module("sqlite3.dbapi2")


def journal_mode(module: ModuleType) -> str:
    """WAL where it cannot corrupt the file, else TRUNCATE: slower, and safe."""
    return "WAL" if module.sqlite_version_info >= WAL_IS_SAFE_FROM else "TRUNCATE"


def _sqlite(address: URL) -> Engines:
    path = Path(str(address.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise PlannerError(f"{path} cannot be opened ({error.strerror}): check the folder and who may write to it.") from error
    module = sqlite_module()
    journal = journal_mode(module)
    writer = sa.create_engine(address, module=module, pool_size=1, max_overflow=0, pool_timeout=30)
    reader = sa.create_engine(address, module=module, pool_size=8, max_overflow=24)
    _on_connect(writer, *_PRAGMAS, "synchronous=FULL", journal=journal)
    _on_connect(reader, *_PRAGMAS, "query_only=ON")
    _on_begin(writer, "BEGIN IMMEDIATE")
    _on_begin(reader, "BEGIN")
    return Engines(reader=reader, writer=writer)


_PRAGMAS = (f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON", "trusted_schema=OFF", "cell_size_check=ON")


def _on_connect(engine: Engine, *pragmas: str, journal: str | None = None) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the begin event below says BEGIN, not the driver
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        if journal is not None:
            _set_journal(connection, journal)


def _set_journal(connection: Any, journal: str) -> None:
    """Set the journal; changing it needs the file alone, for which SQLite does not always wait by itself."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode={journal}")
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _on_begin(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


# --- PostgreSQL ----------------------------------------------------------------------------


def _postgres(address: URL) -> Engines:
    # Given once more by the address they would take each other's place: a schema named there must be everybody's.
    options = f"-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s {options_of(address)}".rstrip()
    try:
        writer = sa.create_engine(
            address.set(drivername="postgresql+psycopg"),
            # What waits for a row goes on with it as it then is; with a server's or role's stricter default it would fail.
            isolation_level="READ COMMITTED",
            pool_size=8,
            max_overflow=24,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "application_name": APPLICATION, "options": options},
        )
    except ImportError as error:
        raise PlannerError("PostgreSQL needs one more package: run pip install 'partnership-planner[postgres]'.") from error
    event.listen(writer, "begin", tell_sight)
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(reader=reader, writer=writer)
