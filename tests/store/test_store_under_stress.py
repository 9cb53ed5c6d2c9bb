"""Workers killed at any moment, and many readers and writers at once."""

import multiprocessing
import random
import signal
import threading
import time

import psycopg
import pytest
from stored import a_partnership, a_run, a_user
from worker_for_tests import work_until_killed

from planner.store import RunState

RUNS_AHEAD = 8


class Workers:
    """Two worker processes at all times; whichever is killed is started again."""

    def __init__(self, database):
        self.database = database
        self.context = multiprocessing.get_context("forkserver")  # quick to start, and shares no connection with us
        self.context.set_forkserver_preload(["planner.store", "pysqlite3.dbapi2", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"])
        self.started = 0
        self.at_work = [self.start(), self.start()]

    def start(self):
        self.started += 1
        ready = self.context.Event()
        worker = self.context.Process(target=work_until_killed, args=(f"w{self.started}", self.database, ready), daemon=True)
        worker.start()
        return worker, ready

    def wait_for_oldest(self):
        """Until the worker that was started first is about to claim."""
        assert self.at_work[0][1].wait(60)

    def kill_oldest(self):
        self.kill(self.at_work.pop(0))
        self.at_work.append(self.start())

    def kill(self, started):
        worker, _ = started
        worker.kill()
        worker.join()
        assert worker.exitcode == -signal.SIGKILL, "the worker ended by itself"
        worker.close()

    def stop(self):
        while self.at_work:
            self.kill(self.at_work.pop())


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_workers_killed_at_any_moment_lose_no_run_and_finish_none_twice(database, store, kills):
    by, partnerships = a_user(store), [a_partnership(store, str(number)) for number in range(3)]
    wanted, workers = set(), Workers(database)
    try:
        for _ in range(kills):
            workers.wait_for_oldest()
            missing = RUNS_AHEAD - len(open_runs(store, partnerships))
            wanted |= {a_run(store, random.choice(partnerships), by) for _ in range(missing)}
            time.sleep(random.uniform(0, 0.2))
            workers.kill_oldest()
        until = time.monotonic() + 60
        while open_runs(store, partnerships) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        workers.stop()
    with store.read() as tx:
        kept = [run for here in partnerships for run in tx.runs.runs(partnership_id=here)]
        plans = [plan for here in partnerships for plan in tx.plans.plans(partnership_id=here)]
        finished = [event.subject for here in partnerships for event in tx.events.events(partnership_id=here, most=10_000)]
        chains = [tx.events.verify_chain(partnership_id=here) for here in partnerships]
        claims = sum(run.attempts for run in kept)
    assert {run.id for run in kept} == wanted
    assert {run.state for run in kept} == {RunState.FINISHED}
    assert sorted(plan.run_id for plan in plans) == sorted(wanted)
    assert all(plan.fingerprint == str(plan.run_id) for plan in plans)
    assert sorted(finished, key=int) == [str(run_id) for run_id in sorted(wanted)]
    assert all(chain.is_whole for chain in chains)
    assert store.faults() == ()
    assert claims > len(wanted), "no worker was killed at work: the test tests nothing"


def open_runs(store, partnerships):
    with store.read() as tx:
        return [
            run for here in partnerships for run in tx.runs.runs(partnership_id=here) if run.state in {RunState.QUEUED, RunState.RUNNING}
        ]


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
