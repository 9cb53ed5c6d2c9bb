"""The databases the store is tested on: a file, and a PostgreSQL server of our own in a temporary folder."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from planner.store import open_store

NO_SERVER = (
    "no PostgreSQL: set TEST_DATABASE_URL=postgresql://user:password@host/name (the user may create databases), "
    "or install the server (Debian: apt-get install postgresql)"
)


@dataclass(frozen=True)
class Database:
    """Where a database is: what ``open_store`` takes."""

    url: str | None
    home: Path

    @property
    def is_postgres(self):
        return self.url is not None

    def open(self):
        return open_store(self.url, self.home)


class Server:
    """A PostgreSQL server, asked for one fresh database a test. One that is ours can be stopped at once and started again."""

    def __init__(self, url, stop=None, start=None):
        self.url = url
        self.template = None
        self.stop, self.start = stop, start

    def make(self, *, template="template1"):
        name = f"planner_test_{uuid.uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return name

    def drop(self, name):
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url_of(self, name):
        base, _, options = self.url.partition("?")
        return f"{base.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")

    def _run(self, statement):
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def a_database(server, *, template="template1"):
    """The URL of a fresh database of the server; skips where there is no server."""
    if server is None:
        pytest.skip(NO_SERVER)
    name = server.make(template=template)
    try:
        yield server.url_of(name)
    finally:
        server.drop(name)


@contextlib.contextmanager
def a_server():
    """The server of TEST_DATABASE_URL, else one started here and stopped afterwards; None where there is neither."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield Server(url)
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not programs:
        yield None
        return
    programs = programs[-1].parent
    person = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="planner-pg-"))
    if person:
        shutil.chown(folder, person, person)

    def run(program, *arguments):
        subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            user=person, group=person, extra_groups=[] if person else None, cwd=folder, check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    try:
        run("initdb", "--no-sync", "--auth=trust", "--username=planner", "--encoding=UTF8", "--locale=C")
        # Processes are killed here, not machines: what the kernel was given is kept without fsync.
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"

        def start():
            run("pg_ctl", "start", "--wait", "--log", folder / "log", "--options", options)

        def stop():
            run("pg_ctl", "stop", "--mode=immediate")

        start()
        try:
            # A superuser would be shown every row, whatever row-level security says.
            with psycopg.connect(f"postgresql://planner@/postgres?host={folder}", autocommit=True) as connection:
                connection.execute("CREATE ROLE plain LOGIN CREATEDB IN ROLE pg_signal_backend")  # to drop a database somebody is in
            yield Server(f"postgresql://plain@/postgres?host={folder}", stop, start)
        finally:
            stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
