"""Who is served when: a flood by one partnership holds nobody up; no clock that jumps makes two plans of a run."""

import random
import threading
import time

import pytest
from pretending import LEASE, work
from stored import a_partnership, a_run, claim, finish
from test_run_worker import open_runs

from planner.store import RunState
from planner.store.room import database_now

FLOOD = 200
HOUR = 3_600_000
MOST_SLOTS = 2


@pytest.mark.chaos("flood")
def test_a_flood_by_one_partnership_delays_the_runs_of_others_by_two_at_most(store, by, times, say):
    """Two workers; each of the others asks for two runs, at any moment of the flood. What is planned while it has one at work is no delay."""
    delays = []
    for number in range(times):
        flooder, *others = (a_partnership(store, f"{number}.{name}") for name in range(6))
        for _ in range(FLOOD):
            a_run(store, flooder, by)
        asked_after = sorted((random.randrange(20), other) for other in others for _ in range(2))
        waiting, behind, at_work, of_flood = {}, {}, [claim(store, lease=HOUR), claim(store, lease=HOUR)], 2
        while asked_after or waiting:
            while asked_after and asked_after[0][0] <= of_flood:
                other = asked_after.pop(0)[1]
                run_id = a_run(store, other, by)
                waiting[run_id], behind[run_id] = other, 0
            assert finish(store, at_work.pop(random.randrange(2)))
            at_work.append(claim(store, lease=HOUR))
            if at_work[-1].partnership_id == flooder:
                of_flood += 1
                for run_id, other in waiting.items():
                    behind[run_id] += other not in {run.partnership_id for run in at_work}
            else:
                del waiting[at_work[-1].id]
        delays += behind.values()
        with store.begin() as tx:
            for run in open_runs_of(tx, flooder):
                tx.runs.cancel(partnership_id=flooder, run_id=run.id)
    say(f"{len(delays)} runs, behind {max(delays)} of the flood's at most")
    assert len(delays) == 10 * times
    assert max(delays) <= MOST_SLOTS


def open_runs_of(tx, here):
    return [run for run in tx.runs.runs(partnership_id=here) if run.state in {RunState.QUEUED, RunState.RUNNING}]


@pytest.mark.chaos("clock-jumps")
def test_a_clock_that_jumps_by_an_hour_makes_no_second_plan_and_loses_no_run(database, store, by, times, say):
    """One of two workers lives by a database whose clock jumps between its transactions."""
    here, jumps, is_over = a_partnership(store), [], threading.Event()

    def jumping(connection):
        jumps.append(random.choice((-HOUR, 0, HOUR)))
        return database_now(connection) + jumps[-1]

    def be_worker(name, tick):
        with database.open() as mine:
            mine.tick = tick
            while not is_over.is_set():
                with mine.begin() as tx:
                    run = tx.runs.claim_next(worker=name, lease=LEASE, most_attempts=10_000)
                if run is None:
                    is_over.wait(0.01)  # two that never rest would let nobody else write
                else:
                    work(mine, run)

    runs = [a_run(store, here, by) for _ in range(times)]
    workers = [threading.Thread(target=be_worker, args=arguments) for arguments in (("steady", database_now), ("jumping", jumping))]
    for worker in workers:
        worker.start()
    until = time.monotonic() + 120
    while open_runs(store) and time.monotonic() < until:
        time.sleep(0.05)
        with store._engines.writer.begin() as connection:  # what was claimed an hour ahead is not waited for here
            connection.exec_driver_sql(f"UPDATE runs SET lease_until = 1 WHERE lease_until > {database_now(connection) + HOUR // 2}")
    is_over.set()
    for worker in workers:
        worker.join()
    with store.read() as tx:
        kept, plans, chain = (
            tx.runs.runs(partnership_id=here),
            tx.plans.plans(partnership_id=here),
            tx.events.verify_chain(partnership_id=here),
        )
    say(f"{sum(map(bool, jumps))} jumps, {sum(run.attempts for run in kept) - len(runs)} runs taken over, 0 lost, 0 double")
    assert {run.state for run in kept} == {RunState.FINISHED}
    assert sorted(plan.run_id for plan in plans) == runs
    assert chain.is_whole
    assert chain.events == len(runs)


@pytest.mark.chaos("clock-jumps")
def test_a_claim_runs_out_by_the_databases_clock_whatever_the_workers_own_says(database, store, by, times, say, monkeypatch):
    if not database.is_postgres:
        pytest.skip("an SQLite file has no clock but its machine's")
    here, true_time = a_partnership(store), time.time
    for number in range(times):
        run_id = a_run(store, here, by)
        monkeypatch.setattr(time, "time", lambda number=number: true_time() + random.choice((-3600, 3600)))
        run = claim(store, f"w{number}")
        monkeypatch.undo()
        with store._engines.writer.begin() as connection:
            left = connection.exec_driver_sql(f"SELECT lease_until FROM runs WHERE id = {run_id}").scalar_one() - database_now(connection)
        assert 20_000 < left <= 30_000
        assert claim(store, "another") is None
        assert finish(store, run)
    say("every lease ended by the server's clock")
