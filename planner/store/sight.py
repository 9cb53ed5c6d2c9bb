"""Whose rows a transaction may see and change: the last line between partnerships, kept by PostgreSQL itself.

Every transaction tells the database its sight, and row-level security hides all other rows, whatever a query says.
Whoever works for nobody in particular (a worker, the command line) sees the house: all of it. The web sees nothing in
a request until it has found out whom it is for. SQLite knows no such thing, and there a sight changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

from sqlalchemy import Connection

SETTING = "planner.sight"
"""What the policies read: ``house``, or the numbers of partnerships with commas between. Not set: nothing is seen."""
HOUSE, NOBODY = "house", ""

_sight: ContextVar[str] = ContextVar("sight", default=HOUSE)


def see_nobody() -> Token[str]:
    """From here on see nothing; ``see_again`` takes what is returned."""
    return _sight.set(NOBODY)


def see_again(before: Token[str]) -> None:
    """See what was seen before."""
    _sight.reset(before)


def see_only(*partnership_ids: int) -> None:
    """From here on see these partnerships."""
    _sight.set(_of(partnership_ids))


def see_the_house() -> None:
    """From here on see everything."""
    _sight.set(HOUSE)


@contextmanager
def seeing(*partnership_ids: int) -> Iterator[None]:
    """See these partnerships for a while."""
    before = _sight.set(_of(partnership_ids))
    try:
        yield
    finally:
        _sight.reset(before)


@contextmanager
def seeing_the_house() -> Iterator[None]:
    """See everything for a while: to find out who asks, before it is known what they may see."""
    before = _sight.set(HOUSE)
    try:
        yield
    finally:
        _sight.reset(before)


def tell_sight(connection: Connection) -> None:
    """Tell PostgreSQL what the transaction that begins may see; the database forgets it at the transaction's end."""
    connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (SETTING, _sight.get()))


def _of(partnership_ids: tuple[int, ...]) -> str:
    return ",".join(map(str, partnership_ids))
