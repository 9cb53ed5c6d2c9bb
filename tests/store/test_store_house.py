"""What whoever runs the house looks after, on both databases: packs, workers, the queue, a backup and its way back."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa
from stored import a_partnership, a_run, a_user, claim, finish

from planner import __version__
from planner.errors import AlreadyTaken
from planner.store import house
from planner.store.backup import make_backup, restore_backup
from planner.store.engine import open_engines
from planner.store.house import SILENT, PackRow, Queue


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


def test_a_pack_is_kept_as_it_was_brought(store):
    by = a_user(store)
    with store.begin() as tx:
        number = tx.house.add_pack(file_name="a.toml", pack_id="england", version=2, document={"id": "england"}, sha256="a", by=by)
        at = tx.now
        other = tx.house.add_pack(file_name="b.toml", pack_id="surrey", version=2, document={}, sha256="b", by=by)
    with store.read() as tx:
        assert tx.house.pack(number=number) == PackRow(
            id=number, file_name="a.toml", pack_id="england", version=2, document={"id": "england"}, sha256="a", uploaded_by=by, uploaded_at=at,
        )  # fmt: skip
        assert [pack.id for pack in tx.house.packs()] == [other, number]
        assert tx.house.pack(number=other + 1) is None


def test_the_newest_policy_of_each_partnership_is_told(store):
    here, there = a_partnership(store), a_partnership(store, "Others")
    with store.begin() as tx:
        tx.partnerships.create(name="New", by=None)
        for based_on in (1, 2):
            tx.policies.add_version(partnership_id=here, document={"here": based_on + 1}, note="", by=None, based_on=based_on)
        tx.policies.add_version(partnership_id=there, document={"there": 2}, note="", by=None, based_on=1)
        assert tx.house.latest_policies() == {here: {"here": 3}, there: {"there": 2}}


def test_a_worker_is_told_with_its_version_and_since_when_it_is_there(store, later, monkeypatch):
    with store.begin() as tx:
        tx.house.seen(worker="one")
        since, old = tx.now, tx.house.workers()[0].version
    later(seconds=30)
    monkeypatch.setattr(house, "__version__", "newer")
    with store.begin() as tx:
        tx.house.seen(worker="two")
        tx.house.seen(worker="one")
        seen_at = tx.now
    with store.read() as tx:
        one, two = tx.house.workers()
    assert (one.name, one.version, one.since, one.seen_at) == ("one", "newer", since, seen_at)
    assert old == __version__
    assert (two.name, two.since, two.seen_at) == ("two", seen_at, seen_at)


def test_a_silent_worker_is_there_as_long_as_it_holds_a_run_or_an_answer(store, later):
    by, here = a_user(store), a_partnership(store)
    with store.begin() as tx:
        for name in ("at a run", "at an answer", "idle"):
            tx.house.seen(worker=name)
    a_run(store, here, by)
    finish(store, claim(store))
    with store.begin() as tx:
        tx.answers.claim_next(worker="at an answer", lease=150_000)
    a_run(store, here, by)
    claim(store, "at a run", lease=120_000)

    def there():
        with store.read() as tx:
            return {worker.name for worker in tx.house.workers()}

    later(seconds=61)
    assert there() == {"at a run", "at an answer"}
    later(seconds=60)
    assert there() == {"at an answer"}
    later(seconds=30)
    assert there() == set()


def test_the_queue_counts_what_waits_is_at_work_and_failed_in_the_last_day(store, later):
    by, here = a_user(store), a_partnership(store)

    def queue():
        with store.read() as tx:
            return tx.house.queue()

    assert queue() == Queue(
        runs_waiting=0, runs_running=0, runs_failed=0, answers_waiting=0, answers_running=0, answers_failed=0, first_asked_at=None
    )
    a_run(store, here, by)
    finish(store, claim(store))
    answers = queue().answers_waiting
    with store.begin() as tx:
        tx.answers.fail(tx.answers.claim_next(worker="w"), reason="No.")
        tx.answers.finish(tx.answers.claim_next(worker="w"), document={})
        for _ in range(2):
            assert tx.answers.claim_next(worker="w")
        asked_at = [
            tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={}, by=by) and tx.now
            for _ in range(6)
        ]
        tx.runs.fail(tx.runs.claim_next(worker="w"), reason="No.")
        assert tx.runs.claim_next(worker="w")
        assert tx.runs.claim_next(worker="w")
        tx.runs.fail(tx.runs.claim_next(worker="w"), reason="No.")
    later(minutes=1)
    a_run(store, here, by)
    full = Queue(
        runs_waiting=3, runs_running=2, runs_failed=2, answers_waiting=answers - 4, answers_running=2, answers_failed=1,
        first_asked_at=asked_at[0],
    )  # fmt: skip
    assert queue() == full
    later(minutes=24 * 60 - 2)
    assert queue() == full
    later(minutes=2)
    assert (queue().runs_failed, queue().answers_failed) == (0, 0)


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
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
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
