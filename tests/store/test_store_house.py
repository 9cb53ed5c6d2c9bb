"""What whoever runs the house looks after, on both databases: packs, workers, the queue, a backup and its way back."""

from __future__ import annotations

import shutil

import pytest
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
