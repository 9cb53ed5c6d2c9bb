"""PostgreSQL stopped at once in the middle of a run: the worker waits, and goes on when it is back."""

import random
import sys
import time

import pytest
from databases import NO_SERVER, Database, a_database, a_server
from stored import a_run, a_user
from test_run_worker import open_runs, plan_of, the_run
from whole_worker import Worker, wait_for
from worlds_to_plan import bring, busy_world

from planner.documents import check_document
from planner.store import RunState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
BACK_WITHIN_SECONDS = 10


@pytest.mark.chaos("postgresql-stopped")
def test_a_server_stopped_at_once_loses_nothing_and_is_found_again(home, times, say):
    with a_server() as server:
        if server is None or server.stop is None:
            pytest.skip("no PostgreSQL of our own that may be stopped" if server else NO_SERVER)
        with a_database(server) as url:
            database, runs, back = Database(url, home), [], []
            with database.open() as store:
                by = a_user(store)
                here = bring(store, busy_world(12), by)
                worker = Worker(database)
                try:
                    worker.wait_until_ready()
                    for _ in range(times):
                        runs.append(a_run(store, here, by, gap_points=0.0))
                        wait_for(lambda: the_run(store, here, runs[-1]).state is RunState.RUNNING)
                        time.sleep(random.uniform(0, 1))
                        changes = the_run(store, here, runs[-1]).changes
                        server.stop()
                        time.sleep(random.uniform(0, 1))
                        server.start()
                        start = time.monotonic()
                        wait_for(lambda changes=changes: the_run(store, here, runs[-1]).changes > changes or not open_runs(store))
                        back.append(time.monotonic() - start)
                        wait_for(lambda: not open_runs(store))
                    assert worker.process.poll() is None, "the worker ended"
                finally:
                    worker.end()
                kept = [the_run(store, here, run_id) for run_id in runs]
                assert {run.state for run in kept} == {RunState.FINISHED}
                with store.read() as tx:
                    assert sorted(plan.run_id for plan in tx.plans.plans(partnership_id=here)) == runs
                    assert tx.events.verify_chain(partnership_id=here).is_whole
                for run_id in runs:
                    check_document(plan_of(store, here, run_id).document)
    say(f"{len(runs)} runs, 0 lost, 0 double; at work again at most {max(back):.1f} s after the server was back")
    assert max(back) <= BACK_WITHIN_SECONDS
