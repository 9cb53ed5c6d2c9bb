"""Backups made while writers write: each is one moment of the database, whole, and can be put back."""

import contextlib
import shutil
import threading
import time

import pytest
from counts import COUNTS, forms
from databases import Database, a_database
from sqlalchemy.engine import URL, make_url
from stored import a_partnership, a_user

from planner.store.backup import make_backup, restore_backup
from planner.store.engine import DATABASE_FILE

WRITERS = 4


def address_of(database):
    return make_url(database.url) if database.url else URL.create("sqlite", database=str(database.home / DATABASE_FILE))


@contextlib.contextmanager
def writers(database, here, by):
    """Each transaction asks for a run, opens a query and records an event: all three or none. Yields how many were kept."""
    stop, errors, kept = threading.Event(), [], [0] * WRITERS

    def write(number):
        try:
            with database.open() as store:
                while not stop.wait(0.003):
                    with store.begin() as tx:
                        run = tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={}, by=by)
                        tx.schools.open_query(partnership_id=here, urn=900101, line="Grant", question=f"Run {run}?", by=by)
                        tx.events.record(partnership_id=here, by=by, action="run asked for", subject=f"run {run}")
                    kept[number] += 1
        except Exception as error:  # noqa: BLE001 (whatever it is, the test reports it)
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: sum(kept)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []


@pytest.mark.parametrize("backups", forms("backups"))
def test_backups_made_while_writers_write_are_each_one_moment_and_can_be_put_back(database, tmp_path, request, backups, say):
    if database.is_postgres and not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("no pg_dump: install the PostgreSQL client programs")
    if database.is_postgres and backups == COUNTS["backups"].short:
        backups = 2  # each starts four programs; the long count is the same on both
    with database.open() as store:
        by = a_user(store)
        here = a_partnership(store, by=by)
    made = []
    with writers(database, here, by) as kept:
        before = 0
        for number in range(backups):
            before = until_more(kept, before)
            file = make_backup(address_of(database), database.home, out=tmp_path / f"{number}.backup").path
            made.append((before, file, kept() + WRITERS))
        until_more(kept, before)
    for least, file, most in made:
        with put_back(database, file, tmp_path / "again", request) as again, again.open() as store:
            assert store.faults() == ()
            with store.read() as tx:
                runs = tx.runs.runs(partnership_id=here)
                queries = tx.schools.queries(partnership_id=here)
                chain = tx.events.verify_chain(partnership_id=here)
        assert chain.is_whole
        assert least <= len(runs) == len(queries) == chain.events <= most
        assert {query.question for query in queries} == {f"Run {run.id}?" for run in runs}
    say(f"each whole and one moment; {kept()} changes kept meanwhile")


def until_more(kept, than):
    """How many are kept, once that is more: somebody writes all the while."""
    end = time.monotonic() + 30
    while kept() <= than:
        assert time.monotonic() < end, "nobody writes: the test tests nothing"
        time.sleep(0.001)
    return kept()


@contextlib.contextmanager
def put_back(database, file, home, request):
    """A backup in a place of its own."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    if not database.is_postgres:
        again = Database(None, home)
        restore_backup(address_of(again), file)
        yield again
        return
    with a_database(request.getfixturevalue("server")) as url:
        again = Database(url, home)
        restore_backup(address_of(again), file)
        yield again
