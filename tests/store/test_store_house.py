"""What whoever runs the house looks after, on both databases: packs, workers, the queue, a backup and its way back."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from stored import a_partnership, a_user

from planner.errors import AlreadyTaken
from planner.store.backup import make_backup, restore_backup
from planner.store.engine import open_engines
from planner.store.house import SILENT


def test_a_pack_is_kept_once_by_its_name_and_version(store):
    by = a_user(store)
    with store.begin() as tx:
        first = tx.house.add_pack(file_name="a.toml", pack_id="england", version=2, document={"id": "england"}, sha256="a", by=by)
        tx.house.add_pack(file_name="b.toml", pack_id="england", version=3, document={"id": "england"}, sha256="b", by=by)
        with pytest.raises(AlreadyTaken, match="Version 3 of the pack england is here already"):
            tx.house.add_pack(file_name="c.toml", pack_id="england", version=3, document={}, sha256="c", by=by)
        assert [pack.version for pack in tx.house.packs()] == [3, 2]
        assert tx.house.pack(number=first).file_name == "a.toml"


def test_a_worker_is_there_while_it_was_seen_and_gone_once_it_says_so(store, later):
    with store.begin() as tx:
        tx.house.seen(worker="one")
        tx.house.seen(worker="two")
        tx.house.gone(worker="two")
    later(seconds=SILENT // 1000 - 1)
    with store.begin() as tx:
        assert [worker.name for worker in tx.house.workers()] == ["one"]
        tx.house.seen(worker="three")
    later(seconds=2)
    with store.begin() as tx:
        assert [worker.name for worker in tx.house.workers()] == ["three"]
    later(minutes=25 * 60)
    with store.begin() as tx:
        tx.house.seen(worker="four")
        assert [worker.name for worker in tx.house.workers()] == ["four"]


def test_a_backup_holds_what_was_there_and_nothing_later(database, tmp_path):
    if database.is_postgres and not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("no pg_dump: install the PostgreSQL client programs")
    with database.open() as store:
        before = a_partnership(store)
        file = make_backup(open_engines(database.url, database.home).writer.url, database.home, out=tmp_path / "kept").path
        with store.begin() as tx:
            later = tx.partnerships.create(name="Later", by=None)
    address = open_engines(database.url, database.home).writer.url
    restore_backup(address, file)
    with database.open() as store, store.read() as tx:
        assert tx.partnerships.partnership(partnership_id=before) is not None
        assert tx.partnerships.partnership(partnership_id=later) is None


def test_what_a_newer_version_made_does_not_stop_the_way_back_and_does_not_stay(database, tmp_path):
    if not database.is_postgres:
        pytest.skip("an SQLite file is replaced whole")
    if not (shutil.which("pg_dump") and shutil.which("psql")):
        pytest.skip("no pg_dump: install the PostgreSQL client programs")
    engines = open_engines(database.url, database.home)
    with database.open() as store:
        before = a_partnership(store)
        file = store.back_up(out=tmp_path / "kept").path
        with store.begin() as tx:
            schema = pytest.importorskip("procrastinate.schema").SchemaManager.get_schema()
            tx.tickets.set_up(schema)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TYPE mood AS ENUM ('calm')")
        connection.exec_driver_sql("CREATE TABLE newer (partnership_id bigint REFERENCES partnerships (id), mood mood)")
    restore_backup(engines.writer.url, file)
    with engines.writer.begin() as connection:
        names = sa.text("SELECT relname FROM pg_class UNION SELECT proname FROM pg_proc UNION SELECT typname FROM pg_type")
        left = set(connection.execute(names).scalars())
    assert not {name for name in left if name in {"newer", "mood"} or name.startswith(("procrastinate", "planner_hand_out"))}
    assert "partnerships" in left
    with database.open() as store, store.begin() as tx:
        assert tx.partnerships.partnership(partnership_id=before) is not None
        tx.tickets.set_up(schema)
    engines.dispose()


def test_a_backup_tells_the_database_its_password_and_nobody_else(tmp_path, monkeypatch):
    for tool in ("pg_dump", "pg_restore"):
        (tmp_path / tool).write_text(f'#!/bin/sh\nprintf "%s\\n" "$PGPASSWORD" "$@" > "{tmp_path}/{tool}.said"\n')
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    make_backup(make_url("postgresql+psycopg://planner:not-told@db.example/planner"), tmp_path)
    password, *words = (tmp_path / "pg_dump.said").read_text().splitlines()
    assert password == "not-told"
    assert words[0] == "--dbname=postgresql://planner@db.example/planner"
    assert "not-told" not in "".join(words)
