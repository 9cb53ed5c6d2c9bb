"""The whole worker as it is started beside the server: asked to end, and left alone."""

import os
import subprocess
import sys
import uuid

import pytest
from stored import a_run, a_user
from test_run_worker import FOR_EVER, ON_BOTH, the_run, told
from whole_worker import ROOT, TAG, Worker, undisturbed_seconds, wait_for
from worlds_to_plan import bring, busy_world

from planner.store import RunState

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"), ON_BOTH]


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
    undisturbed_seconds(tag, bool, most=3)
    assert the_run(store, here, run_id).state is RunState.QUEUED
