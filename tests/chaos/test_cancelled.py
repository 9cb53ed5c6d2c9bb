"""Cancel is obeyed within three seconds, and a run is late by three at most, whatever it is doing."""

import random
import sys
import time

import hostile_solvers
import pytest
from builders import a_world
from stored import a_run
from test_run_worker import FOR_EVER, ON_BOTH, the_run, told
from whole_worker import wait_for
from working import Watch, at_work, is_alive
from worlds_to_plan import bring, busy_world

import optimisation.solve
from optimisation.plain_amounts import amounts_from_plain
from planner.store import RunState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
MOST_SECONDS = 3
SHAPES = [(schools, seconds) for seconds in (2, 3, 5, 8) for schools in (12, 20, 30, 40, 60)]
SHAPES[-1] = (60, 60)


def state_of(store, here, run_id):
    return the_run(store, here, run_id).state


@ON_BOTH
@pytest.mark.chaos("cancelled")
def test_a_run_cancelled_at_any_moment_frees_its_worker_in_three_seconds_and_keeps_its_best(store, by, times, say, monkeypatch):
    """From the click until the worker is at somebody else's run, and the solver of this one gone."""
    worlds = [busy_world(schools) for schools in (60, 12, 40, 80)]
    partnerships, next_door = [bring(store, world, by) for world in worlds], bring(store, a_world(), by)
    freed, stages = [], set()
    with at_work(store, monkeypatch) as solver:
        while len(freed) < times:
            here = partnerships[len(freed) % len(partnerships)]
            run_id = a_run(store, here, by, gap_points=0.0, seconds=random.choice((4, 600)))
            wait_for(lambda here=here, run_id=run_id: state_of(store, here, run_id) is RunState.RUNNING)
            time.sleep(random.uniform(0, 5))
            next_id = a_run(store, next_door, by)
            pid, steps, watch = solver._process.pid, told(store, here, run_id), Watch()
            with store.begin() as tx:
                was_cancelled = tx.runs.cancel(partnership_id=here, run_id=run_id)
            wait_for(lambda next_id=next_id: state_of(store, next_door, next_id) is not RunState.QUEUED)
            seconds = watch.seconds()
            with store.begin() as tx:
                tx.runs.cancel(partnership_id=next_door, run_id=next_id)
            if not was_cancelled:
                continue
            freed.append(seconds)
            stages |= {steps[-1].stage} if steps else set()
            run = the_run(store, here, run_id)
            assert run.state is RunState.CANCELLED
            if any(step.best_points is not None for step in steps):
                assert run.best_shortfall_points <= min(step.best_points for step in steps if step.best_points is not None)
                amounts_from_plain(run.best_amounts)
            if steps and steps[-1].stage.startswith("Lifting"):
                assert not is_alive(pid)
    say(f"the worker was free after {max(freed):.1f} s at most, in {len(stages)} stages")
    assert max(freed) <= MOST_SECONDS


@ON_BOTH
@pytest.mark.chaos("cancelled-huge")
def test_a_model_of_100_000_binaries_is_cancelled_in_three_seconds(store, by, times, say, monkeypatch):
    monkeypatch.setattr(optimisation.solve, "serve_apart", hostile_solvers.huge)
    here, took = bring(store, a_world(), by), []
    with at_work(store, monkeypatch) as solver:
        for _ in range(times):
            run_id = a_run(store, here, by, **FOR_EVER)
            wait_for(lambda run_id=run_id: any(step.stage.startswith("Lifting") for step in told(store, here, run_id)))
            time.sleep(random.uniform(1, 5))
            process, watch = solver._process, Watch()
            with store.begin() as tx:
                assert tx.runs.cancel(partnership_id=here, run_id=run_id)
            wait_for(lambda process=process: not process.is_alive())
            took.append(watch.seconds())
            assert the_run(store, here, run_id).best_amounts is not None
    say(f"its solver was gone after {max(took):.1f} s at most")
    assert max(took) <= MOST_SECONDS


@ON_BOTH
@pytest.mark.chaos("deadlines")
def test_no_run_is_late_by_more_than_three_seconds(store, by, times, say, monkeypatch):
    partnerships = {schools: bring(store, busy_world(schools), by) for schools, _ in SHAPES}
    late = []
    with at_work(store, monkeypatch) as solver:
        run_to_end(store, partnerships[12], by, 5)  # its solver starts before it is timed
        assert solver.engine
        for number in range(times):
            schools, seconds = SHAPES[number % len(SHAPES)]
            late.append(run_to_end(store, partnerships[schools], by, seconds) - seconds)
    say(f"late by {max(late):.1f} s at most, {sum(seconds > 0 for seconds in late)} of {times} at all")
    assert max(late) <= MOST_SECONDS


def run_to_end(store, here, by, seconds):
    """Seconds from its claim to its end."""
    run_id = a_run(store, here, by, gap_points=0.0, seconds=seconds)
    wait_for(lambda: state_of(store, here, run_id) is not RunState.QUEUED)
    watch = Watch()
    wait_for(lambda: state_of(store, here, run_id) is not RunState.RUNNING, seconds=300)
    assert state_of(store, here, run_id) is RunState.FINISHED, the_run(store, here, run_id).reason
    return watch.seconds()
