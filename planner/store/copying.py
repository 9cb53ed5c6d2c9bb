"""The whole of an SQLite database copied into an empty PostgreSQL one, and proved equal table by table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Table, TableClause
from sqlalchemy.engine import URL

from planner.errors import InputMustBeMended, PlannerError
from planner.store.engine import Engines, open_engines
from planner.store.migrate import HEAD, POSTGRES_LOCK, current, upgrade
from planner.store.store import Store
from planner.store.tables import METADATA

AT_ONCE = 50
"""Rows held in memory at a time; a document or a file of one may have megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One table: how many rows it has on both sides, and the SHA-256 over them."""

    table: str
    rows: int
    sha256: str


def copy_store(file: Path, url: str) -> tuple[Copied, ...]:
    """Copy every row of an SQLite database, or of a backup of one, into PostgreSQL; all of it, or nothing.

    Raises ``InputMustBeMended`` where the file is no whole database of this version of the planner or the target holds
    something, ``PlannerError`` where a copied table is not equal to its original. Workers must not use either meanwhile.
    """
    if not file.is_file():
        raise InputMustBeMended(f"There is no file {file}: give the path of the database or of a backup.")
    here = URL.create("sqlite", database=str(file.absolute())).render_as_string()
    source, target = open_engines(here, file.parent), open_engines(url, file.parent)
    try:
        if not target.is_postgres:
            raise InputMustBeMended("The copy goes into PostgreSQL: write postgresql://user:password@host/name.")
        if faults := Store(source, file.parent).faults():
            raise InputMustBeMended(f"{file} is not a whole database ({faults[0]}): copy a backup instead.")
        upgrade(target)
        return _copy(source, target, file)
    except sa.exc.DBAPIError as error:
        what = str(error.orig).strip().splitlines()[0]
        raise PlannerError(f"The database could not be copied ({what}): nothing was kept, mend that, then try again.") from error
    finally:
        source.dispose()
        target.dispose()


def _copy(source: Engines, target: Engines, file: Path) -> tuple[Copied, ...]:
    with source.reader.begin() as read, target.writer.begin() as written:
        if (step := current(read)) != HEAD:
            raise InputMustBeMended(
                f"{file} is of step {step} and this planner of step {HEAD}: start planner serve on it once, then copy it."
            )
        written.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")
        _refuse_unless_empty(written)
        for table in METADATA.sorted_tables:
            _copy_rows(read, written, table)
        copied = tuple(sums(written, table) for table in METADATA.sorted_tables)
        originals = tuple(sums(read, table) for table in METADATA.sorted_tables)
        if unequal := [one.table for one, other in zip(copied, originals, strict=True) if one != other]:
            raise PlannerError(f"What was copied of {unequal[0]} is not equal to its original, so nothing was kept: this is our fault.")
        return copied


def _refuse_unless_empty(written: Connection) -> None:
    written.execute(_BIRTH)
    for table in METADATA.sorted_tables:
        if written.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            raise InputMustBeMended(f"The PostgreSQL database holds something already ({table.name}): copy into an empty one.")


_BIRTH = sa.text("DELETE FROM event_chains WHERE chain = 0 AND seq = 0")
"""The one row that a new database has: the head of the house's chain, which the copy brings too."""


def _copy_rows(read: Connection, written: Connection, table: Table) -> None:
    for rows in read.execute(_in_order(table, read)).mappings().partitions(AT_ONCE):
        written.execute(_as_kept(table).insert(), [dict(row) for row in rows])
    if "id" in table.c:
        # A number that was given once is never given again, also where its row has gone.
        given = read.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)).scalar_one_or_none()
        if given:
            written.execute(_SET_SEQUENCE, {"table": table.name, "given": given})


_SET_SEQUENCE = sa.text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :given)")


def sums(connection: Connection, table: Table) -> Copied:
    """How many rows a table has, and the SHA-256 over every value of them in the order of the key: the same on both databases."""
    digest, rows = hashlib.sha256(), 0
    for row in connection.execute(_in_order(table, connection)):
        for value in row:
            plain = value if isinstance(value, bytes) else repr(value).encode("utf-8")
            digest.update(f"{type(value).__name__} {len(plain)} ".encode("ascii") + plain)
        rows += 1
    return Copied(table=table.name, rows=rows, sha256=digest.hexdigest())


def _as_kept(table: Table) -> TableClause:
    """The table with every value as the database keeps it: documents are their text, to the letter."""
    return sa.table(
        table.name, *(sa.column(c.name, c.type.impl if isinstance(c.type, sa.types.TypeDecorator) else c.type) for c in table.c)
    )


def _in_order(table: Table, connection: Connection) -> sa.Select[tuple[object, ...]]:
    kept, letters = _as_kept(table), "C" if connection.dialect.name == "postgresql" else "BINARY"
    keys = [sa.collate(kept.c[c.name], letters) if isinstance(kept.c[c.name].type, sa.Text) else kept.c[c.name] for c in table.primary_key]
    return sa.select(*kept.c).order_by(*keys).execution_options(yield_per=AT_ONCE)
