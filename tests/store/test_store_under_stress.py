"""Many readers and writers at once, and a server that closes its connections."""

import threading
import time

import psycopg
import pytest
from stored import a_partnership, a_run, a_user


@pytest.mark.parametrize("seconds", [1.5, pytest.param(20, marks=pytest.mark.slow)])
def test_readers_and_writers_at_once_never_find_the_database_locked(database, seconds):
    """8 readers and 4 writers, each with connections of its own as if it were a process."""
    stop, errors, counts = threading.Event(), [], {"read": 0, "write": 0}
    with database.open() as first:
        by, here = a_user(first), a_partnership(first)
        a_run(first, here, by)

    def repeat(kind, action):
        try:
            with database.open() as store:
                while not stop.is_set():
                    action(store)
                    counts[kind] += 1
        except Exception as error:  # noqa: BLE001 (whatever it is, the test reports it)
            errors.append(error)

    def read(store):
        with store.read() as tx:
            tx.runs.runs(partnership_id=here)
            tx.events.events(partnership_id=here)

    def write(store):
        with store.begin() as tx:
            tx.runs.runs(partnership_id=here)
            tx.events.record(partnership_id=here, by=by, action="looked")

    threads = [threading.Thread(target=repeat, args=arguments) for arguments in [("read", read)] * 8 + [("write", write)] * 4]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert counts["read"] > 10
    assert counts["write"] > 10
    with database.open() as store, store.read() as tx:
        assert tx.events.verify_chain(partnership_id=here).is_whole
        assert tx.events.verify_chain(partnership_id=here).events == counts["write"]


def test_a_server_that_closes_its_connections_is_found_again(database, store):
    """As when PostgreSQL is started again."""
    if not database.is_postgres:
        pytest.skip("SQLite is a file, not a server")
    a_user(store)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert a_user(store, "bob")
