"""What every room of the store shares: a connection, the database's clock, rows as frozen nouns."""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, FromClause, Row, Select, Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Noun = TypeVar("Noun", bound=DataclassInstance)

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def database_now(connection: Connection) -> int:
    """Milliseconds since 1970 UTC by the database's clock: workers on several machines agree on it."""
    if connection.dialect.name == "postgresql":
        tick = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    else:
        tick = "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"
    return int(connection.exec_driver_sql(tick).scalar_one())


class Clock:
    """The time of one transaction: read from the database when first asked, then still."""

    def __init__(self, connection: Connection, tick: Callable[[Connection], int]) -> None:
        self._connection, self._tick = connection, tick
        self._now: int | None = None

    @property
    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        if self._now is None:
            self._now = self._tick(self._connection)
        return self._now


class Room:
    """One part of the store, inside one transaction."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    @property
    def _now(self) -> int:
        return self._clock.now

    def _changed(self, statement: sa.Update | sa.Delete) -> int:
        """How many rows a change touched."""
        return self._connection.execute(statement).rowcount

    def _insert_unless_there(self, table: Table, **values: Any) -> int | None:
        """The new row's id, or None where a row with the same key stands."""
        dialect = importlib.import_module(f"sqlalchemy.dialects.{self._connection.dialect.name}")  # each is slow to import
        statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
        first = next(iter(table.primary_key.columns))
        key: int | None = self._connection.execute(statement.returning(first)).scalar_one_or_none()
        return key

    def _one(self, kind: type[Noun], query: Select[Any]) -> Noun | None:
        row = self._connection.execute(query).one_or_none()
        return None if row is None else noun(kind, row)

    def _many(self, kind: type[Noun], query: Select[Any]) -> tuple[Noun, ...]:
        return tuple(noun(kind, row) for row in self._connection.execute(query))


def noun(kind: type[Noun], row: Row[Any]) -> Noun:
    """A row as its frozen noun: the columns are named as the fields."""
    return kind(**row._mapping)  # noqa: SLF001 (public, in spite of its name)


@functools.cache
def columns_of(kind: type[DataclassInstance], *tables: FromClause) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns a noun is made of, each from the first table that has it."""
    return tuple(next(table.c[field.name] for table in tables if field.name in table.c) for field in dataclasses.fields(kind))
