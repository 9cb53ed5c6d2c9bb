"""Fixtures: SQLite and PostgreSQL, each test in a fresh database."""

import multiprocessing
import shutil
import tempfile
from pathlib import Path

import pytest
from databases import Database, a_database, a_server

from planner.store import open_store
from planner.store.room import database_now

BEGINNING = multiprocessing.get_context("forkserver")  # quick to start, and shares no connection with us
BEGINNING.set_forkserver_preload(["planner.store", "pysqlite3.dbapi2", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"])


@pytest.fixture(scope="session")
def server():
    with a_server() as server:
        if server is not None:
            server.template = server.make()
            open_store(server.url_of(server.template), Path()).close()
        yield server
        if server is not None:
            server.drop(server.template)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    home = tmp_path_factory.mktemp("template")
    open_store(None, home).close()
    return home / "planner.db"


@pytest.fixture
def home():
    """A folder in memory where there is one: thousands of commits need no disk to be tested."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="planner-store-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request, home):
    """A database with nothing in it, not even tables."""
    if request.param == "sqlite":
        yield Database(None, home)
    else:
        with a_database(request.getfixturevalue("server")) as url:
            yield Database(url, home)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, home):
    """A database of this version with nobody in it."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), home / "planner.db")
        yield Database(None, home)
    else:
        server = request.getfixturevalue("server")
        with a_database(server, template=server and server.template) as url:
            yield Database(url, home)


@pytest.fixture
def store(database):
    with database.open() as store:
        yield store


@pytest.fixture
def later(store):
    """Let time pass: ``later(minutes=31)``."""
    passed = 0

    def pass_time(*, minutes=0, seconds=0):
        nonlocal passed
        passed += minutes * 60_000 + seconds * 1000
        store.tick = lambda connection: database_now(connection) + passed

    return pass_time


@pytest.fixture
def clock(store):
    """A clock that stands still; ``clock(5)`` moves it on by five milliseconds and says where it stands."""
    at = 1_800_000_000_000

    def move(milliseconds=0):
        nonlocal at
        at += milliseconds
        return at

    store.tick = lambda _: at
    return move
