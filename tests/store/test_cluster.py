"""Workers told of work by PostgreSQL through tickets: one ticket for all that waits, none lost, one plan a run whoever is killed."""

import random
import sys
import time

import pytest
from counts import forms
from databases import Database, a_database
from stored import a_partnership, a_run, a_user, claim
from test_run_worker import open_runs
from test_workers_killed import MOST_KILLS_OF_A_RUN, each_is_planned_once, let_leases_run_out, running
from whole_worker import Worker, processes_with, wait_for
from worlds_to_plan import bring, busy_world

from optimisation.ticket_worker import set_up_tickets
from planner.errors import PlannerError
from web.command_line import main

pytest.importorskip("procrastinate")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture
def database(server, home):
    """A PostgreSQL database that hands out tickets."""
    with a_database(server, template=server and server.template) as url:
        database = Database(url, home)
        with database.open() as store:
            set_up_tickets(store)
        yield database


def tickets(store):
    with store.read() as tx:
        return tx.runs._connection.exec_driver_sql("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").scalar_one()


def take_tickets_away(store, most=1_000):
    with store.begin() as tx:
        tx.runs._connection.exec_driver_sql(f"DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM procrastinate_jobs LIMIT {most})")


def test_whatever_comes_to_wait_has_a_ticket_from_the_same_transaction(store):
    by, here = a_user(store), a_partnership(store)

    def ask_and_break():
        with store.begin() as tx:
            tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={}, by=by)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_break()
    assert tickets(store) == 0
    a_run(store, here, by)
    assert tickets(store) == 1
    run = claim(store)
    take_tickets_away(store)
    with store.begin() as tx:
        tx.runs.beat(run)
    assert tickets(store) == 0
    with store.begin() as tx:
        tx.runs.give_back(run)
    assert tickets(store) == 1


def test_tickets_that_were_lost_are_handed_out_again_and_no_more(store):
    by, here = a_user(store), a_partnership(store)
    for _ in range(3):
        a_run(store, here, by)
    claim(store, lease=-1)  # its worker was killed long ago
    take_tickets_away(store, most=2)
    with store.begin() as tx:
        assert tx.tickets.hand_out_missing() == 2
    with store.begin() as tx:
        assert tx.tickets.hand_out_missing() == 0
    assert tickets(store) == 3


def test_set_up_again_it_changes_nothing(store):
    a_run(store, a_partnership(store), a_user(store))
    set_up_tickets(store)
    assert tickets(store) == 1


def test_on_a_file_the_command_is_refused_in_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path))
    monkeypatch.delenv("PLANNER_DATABASE_URL", raising=False)
    assert main(["worker", "--cluster"]) == PlannerError.exit_code
    said = capsys.readouterr()
    assert "share a PostgreSQL database" in said.err
    assert said.out == ""


def kill(worker):
    assert worker.process.poll() is None, "the worker ended by itself"
    worker.process.kill()
    worker.process.wait()
    worker.process.stdout.close()
    return worker.tag


def end(worker):
    worker.process.terminate()
    code = worker.process.wait(60)
    worker.process.stdout.close()
    return code


@pytest.mark.parametrize("kills", forms("cluster-killed"))
def test_workers_of_several_machines_killed_at_random_lose_no_run_and_finish_none_twice(database, store, kills, say):
    by, world = a_user(store), busy_world(8)
    partnerships = [bring(store, world, by) for _ in range(2)]
    runs, hits, tags = {}, [], []
    workers = [Worker(database, "--cluster") for _ in range(min(kills, 2))]
    try:
        while len(hits) < kills:
            while len(open_runs(store)) < 2:
                here = random.choice(partnerships)
                runs[a_run(store, here, by, gap_points=0.0, seconds=4)] = here
            victim = wait_for(lambda: next((worker for worker in workers if running(store, worker)), None))
            run = running(store, victim)
            if run is None or hits.count(run.id) >= MOST_KILLS_OF_A_RUN:
                time.sleep(0.1)
                continue
            time.sleep(random.uniform(0, 1))
            hits.append(run.id if running(store, victim) else None)
            tags.append(kill(victim))
            workers[workers.index(victim)] = Worker(database, "--cluster")
            let_leases_run_out(store, workers)
        until = time.monotonic() + 180
        while open_runs(store):
            assert time.monotonic() < until
            let_leases_run_out(store, workers)
            time.sleep(1)
    finally:
        codes = [end(worker) for worker in workers]
    say(f"{len(runs)} runs, {sum(hit is not None for hit in hits)} killed at work, 0 lost, 0 double")
    assert set(codes) == {0}
    wait_for(lambda: not any(map(processes_with, tags)))
    assert any(hit is not None for hit in hits), "no worker was killed at work: the test tests nothing"
    each_is_planned_once(store, runs)
