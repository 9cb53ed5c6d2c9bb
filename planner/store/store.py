"""The store: opened once a process, entered by transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy import Connection

from planner.errors import PlannerError
from planner.store.answers import Answers
from planner.store.archive import Archive
from planner.store.backup import FOLDER, Backup, backups, make_backup
from planner.store.decisions import Decisions
from planner.store.dfe_files import DfeFiles
from planner.store.drafts import Drafts
from planner.store.engine import APPLICATION, Engines, open_engines, shown
from planner.store.events import Events
from planner.store.house import House
from planner.store.invitations import Invitations
from planner.store.migrate import HEAD, current, upgrade
from planner.store.moderation import Moderation
from planner.store.partnerships import Partnerships, Policies
from planner.store.password_links import PasswordLinks
from planner.store.people import People
from planner.store.plans import Plans
from planner.store.proposals import Proposals
from planner.store.provider_sign_ins import ProviderSignIns
from planner.store.requests import Requests
from planner.store.room import Clock, database_now
from planner.store.rosters import Rosters
from planner.store.runs import Runs
from planner.store.schools import Schools
from planner.store.sessions import Sessions
from planner.store.throttle import Throttle
from planner.store.tickets import Tickets
from planner.store.tokens import Tokens
from planner.store.uploads import Uploads

NoAnswer = sa.exc.OperationalError
"""What leaves a transaction when the database does not answer, or its disk does not: nothing of it was kept, and later it may be."""

_CONNECTED = sa.text("""
    SELECT DISTINCT coalesce(host(client_addr), 'the computer of the database') FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = :name AND pid <> pg_backend_pid()
""")


class Transaction:
    """Everything the store can do, in one transaction: a room for each kind of thing."""

    def __init__(self, connection: Connection, tick: Callable[[Connection], int]) -> None:
        clock = Clock(connection, tick)
        self._clock = clock
        self.people = People(connection, clock)
        self.invitations = Invitations(connection, clock)
        self.password_links = PasswordLinks(connection, clock)
        self.provider_sign_ins = ProviderSignIns(connection, clock)
        self.sessions = Sessions(connection, clock)
        self.throttle = Throttle(connection, clock)
        self.tokens = Tokens(connection, clock)
        self.partnerships = Partnerships(connection, clock)
        self.policies = Policies(connection, clock)
        self.uploads = Uploads(connection, clock)
        self.dfe_files = DfeFiles(connection, clock)
        self.schools = Schools(connection, clock)
        self.runs = Runs(connection, clock)
        self.plans = Plans(connection, clock)
        self.answers = Answers(connection, clock)
        self.decisions = Decisions(connection, clock)
        self.rosters = Rosters(connection, clock)
        self.moderation = Moderation(connection, clock)
        self.drafts = Drafts(connection, clock)
        self.requests = Requests(connection, clock)
        self.proposals = Proposals(connection, clock)
        self.events = Events(connection, clock)
        self.house = House(connection, clock)
        self.archive = Archive(connection, clock)
        self.tickets = Tickets(connection, clock)

    @property
    def now(self) -> int:
        """Milliseconds since 1970 UTC by the database's clock; the same throughout the transaction."""
        return self._clock.now


class Store:
    """An open database. Threads may share it; processes open their own."""

    def __init__(self, engines: Engines, home: Path, *, tick: Callable[[Connection], int] = database_now) -> None:
        self._engines = engines
        self.home = home
        """The data folder, where backups are kept."""
        self.tick = tick
        """Where transactions read the time; tests put another clock here."""

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Change things: all that happens inside is kept at its end, or nothing where an exception leaves it.

        Keep it short, and never begin another inside: on SQLite there is one writer at a time.
        """
        with self._engines.writer.begin() as connection:
            yield Transaction(connection, self.tick)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Look at things as they stand at one moment, beside any writer; the database refuses to write here."""
        with self._engines.reader.begin() as connection:
            yield Transaction(connection, self.tick)

    def faults(self) -> tuple[str, ...]:
        """What the database finds wrong with itself: SQLite's integrity and foreign keys. PostgreSQL keeps its own watch."""
        if self._engines.is_postgres:
            return ()
        with self._engines.reader.begin() as connection:
            rows = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return (*(str(row) for row in rows if row != "ok"), *(f"row {row[1]} of {row[0]} refers to nothing" for row in strays))

    def keeps_apart(self) -> bool | None:
        """Whether PostgreSQL holds this process to a transaction's sight; a superuser it does not. None on SQLite, which cannot."""
        if not self._engines.is_postgres:
            return None
        with self._engines.reader.begin() as connection:
            return not connection.exec_driver_sql("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").scalar_one()

    def is_ready(self) -> bool:
        """Whether the database answers and stands at this version of the planner."""
        try:
            with self._engines.reader.begin() as connection:
                return current(connection) == HEAD
        except sa.exc.DBAPIError:
            return False

    def users(self) -> tuple[str, ...]:
        """Who else uses the database, also one of a newer version: its workers by name, or who is connected where those cannot be read."""
        try:
            with self.read() as tx:
                return tuple(worker.name for worker in tx.house.workers())
        except sa.exc.DBAPIError:
            if not self._engines.is_postgres:
                return ()  # SQLite says itself whether somebody is there
        with suppress(sa.exc.DBAPIError), self._engines.reader.begin() as connection:
            return tuple(f"somebody at {at}" for at in connection.execute(_CONNECTED, {"name": APPLICATION}).scalars())
        return ()

    def version(self) -> str:
        """Which database it is, with its version, and its step."""
        with self._engines.reader.begin() as connection:
            asked = "SHOW server_version" if self._engines.is_postgres else "SELECT sqlite_version()"
            name = "PostgreSQL" if self._engines.is_postgres else "SQLite"
            return f"{name} {connection.exec_driver_sql(asked).scalar_one()}, step {current(connection)}"

    def back_up(self, *, out: Path | None = None) -> Backup:
        """Copy the database as it stands into a file (None: in the data folder), and check it. Raises ``PlannerError`` with one sentence."""
        return make_backup(self._engines.writer.url, self.home, out=out)

    @property
    def address(self) -> str:
        """The database as a PostgreSQL program is told of it; it may hold a password."""
        return self._engines.writer.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def backups_folder(self) -> Path:
        """Where backups are kept; it may not be there yet."""
        return self.home / FOLDER

    def backups(self) -> tuple[Backup, ...]:
        """The backups in the data folder, newest first."""
        return backups(self.home)

    def close(self) -> None:
        """Close every connection."""
        self._engines.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.close()


def open_store(url: str | None, home: Path) -> Store:
    """Open the database at this URL, or the SQLite file in ``home``, made where it is not there, brought up to this version.

    Raises ``PlannerError`` with one sentence where it cannot be opened.
    """
    engines = open_engines(url, home)
    try:
        upgrade(engines)
    except sa.exc.DBAPIError as error:
        engines.dispose()
        where = shown(engines.writer.url)
        what = str(error.orig).strip().splitlines()[0]
        raise PlannerError(
            f"The database {where} cannot be opened ({what}): check the address, and that it is there and may be written."
        ) from error
    except PlannerError:
        engines.dispose()
        raise
    return Store(engines, home)
