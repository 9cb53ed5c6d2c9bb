"""The whole worker as it is started beside the server: asked to end, left alone, and killed while it solves."""

import os
import random
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from stored import a_run, a_user
from test_run_worker import FOR_EVER, ON_BOTH, open_runs, plan_of, the_run, told
from worlds_to_plan import bring, busy_world

from planner.documents import check_document
from planner.store import RunState

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"), ON_BOTH]
ROOT = Path(__file__).parent.parent.parent
TAG = "PLANNER_TEST_TAG"
RUNS_AHEAD = 3
MOST_KILLS_OF_A_RUN = 3
"""The fifth ends it as failed, which is promised too, but tested elsewhere."""


class Worker:
    """``planner worker`` as a process of its own, its children found by a tag in their environment."""

    def __init__(self, database, *arguments):
        self.tag = uuid.uuid4().hex
        environment = {**os.environ, "PLANNER_HOME": str(database.home), "PLANNER_DATABASE_URL": database.url or "", TAG: self.tag}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web.command_line", "worker", *arguments],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    @property
    def name(self):
        return f"{os.uname().nodename} {self.process.pid}"

    def wait_until_ready(self):
        assert self.process.stdout.readline() == "Ready: waiting runs are planned here until Ctrl-C.\n"

    def processes(self):
        """The processes of this worker that are left."""
        return processes_with(self.tag)

    def kill(self):
        """Kill it, and say how many seconds its solver outlived it."""
        assert self.process.poll() is None, "the worker ended by itself"
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        return self.outlived()

    def end(self):
        """Ask it to end; says how many seconds it took and its exit code. What it started may take a moment longer."""
        start = time.monotonic()
        self.process.terminate()
        code = self.process.wait(10)
        seconds = time.monotonic() - start
        self.process.stdout.close()
        self.outlived()
        return seconds, code

    def outlived(self):
        """How many seconds its processes outlived it: the solver's, and Python's own that tidies up after it."""
        start = time.monotonic()
        while left := self.processes():
            assert time.monotonic() - start < 1, f"left behind: {left}"
            time.sleep(0.01)
        return time.monotonic() - start


def processes_with(tag):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{TAG}={tag}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass  # gone, or somebody else's
    return found


def wait_for(is_so, seconds=60):
    until = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


@pytest.fixture
def by(store):
    return a_user(store)


def is_at_work(store, here, run_id):
    return any(step.stage.startswith("Lifting") for step in told(store, here, run_id))


def test_a_worker_asked_to_end_gives_its_run_back_and_ends_within_two_seconds(database, store, by):
    here = bring(store, busy_world(80), by)
    run_id = a_run(store, here, by, **FOR_EVER)
    worker = Worker(database)
    worker.wait_until_ready()
    wait_for(lambda: is_at_work(store, here, run_id))
    seconds, code = worker.end()
    print(f"ended after {seconds:.2f} s")
    assert code == 0
    assert seconds < 2
    run = the_run(store, here, run_id)
    assert (run.state, run.attempts) == (RunState.QUEUED, 0)
    assert run.best_amounts is not None


def test_a_worker_ends_when_what_started_it_is_killed(database, store, by, tmp_path):
    here = bring(store, busy_world(80), by)
    run_id = a_run(store, here, by, **FOR_EVER)
    tag = uuid.uuid4().hex
    starter = "import os, subprocess, sys; subprocess.run([*sys.argv[1:], '--beside', str(os.getpid())])"
    with subprocess.Popen(
        [sys.executable, "-c", starter, sys.executable, "-m", "web.command_line", "worker"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PLANNER_HOME": str(database.home), "PLANNER_DATABASE_URL": database.url or "", TAG: tag},
    ) as parent:  # fmt: skip
        wait_for(lambda: is_at_work(store, here, run_id))
        parent.kill()
    wait_for(lambda: not processes_with(tag), seconds=3)
    assert the_run(store, here, run_id).state is RunState.QUEUED


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_workers_killed_while_they_solve_lose_no_run_finish_none_twice_and_leave_no_solver(database, store, by, kills):
    world = busy_world(12)
    partnerships = [bring(store, world, by) for _ in range(2)]
    runs, outlived, killed = {}, [], []
    workers = [Worker(database), Worker(database)]
    start = time.monotonic()
    try:
        while len(killed) < kills:
            for _ in range(RUNS_AHEAD - sum(run.state is RunState.QUEUED for run in open_runs(store))):
                here = random.choice(partnerships)
                runs[a_run(store, here, by, gap_points=0.0)] = here
            victim = workers[0]
            run = wait_for(lambda victim=victim: running(store, victim))
            if killed.count(run.id) >= MOST_KILLS_OF_A_RUN:
                time.sleep(0.1)
                continue
            time.sleep(random.uniform(0, 1))
            hit = running(store, victim)
            outlived.append(victim.kill())
            killed.append(hit and hit.id)
            workers = [workers[1], Worker(database)]
        until = time.monotonic() + 120
        while open_runs(store):
            assert time.monotonic() < until
            if kills < 10:
                let_leases_run_out(store, workers)
            time.sleep(0.5)
    finally:
        for worker in workers:
            worker.end()
    kept = {run_id: the_run(store, here, run_id) for run_id, here in runs.items()}
    print(
        f"{len(killed)} kills, {sum(hit is not None for hit in killed)} at work, {len(runs)} runs, "
        f"{sum(run.fence for run in kept.values())} claims, most kills of a run {max(map(killed.count, killed))}, "
        f"solvers outlived their worker by at most {max(outlived):.2f} s, {time.monotonic() - start:.0f} s in all"
    )
    assert {run.state for run in kept.values()} == {RunState.FINISHED}
    with store.read() as tx:
        plans = [plan.run_id for here in partnerships for plan in tx.plans.plans(partnership_id=here)]
    assert sorted(plans) == sorted(runs)
    for here in partnerships:
        finished = sorted(subject for action, subject, _ in all_events(store, here) if action == "run finished")
        assert finished == sorted(f"run {run_id}" for run_id, where in runs.items() if where == here)
    for run_id, here in runs.items():
        check_document(plan_of(store, here, run_id).document)
    assert store.faults() == ()
    assert any(hit is not None for hit in killed), "no worker was killed at work: the test tests nothing"


def running(store, worker):
    return next((run for run in open_runs(store) if run.state is RunState.RUNNING and run.worker == worker.name), None)


def all_events(store, here):
    with store.read() as tx:
        return [(event.action, event.subject, event.at) for event in tx.events.events(partnership_id=here, most=10_000)]


def let_leases_run_out(store, workers):
    """As if half a minute had passed for the runs of those that were killed."""
    names = ", ".join(f"'{worker.name}'" for worker in workers)
    with store._engines.writer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET lease_until = 1 WHERE state = 'running' AND worker NOT IN ({names})")
