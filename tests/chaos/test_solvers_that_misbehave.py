"""Solvers that crash, take too much memory, or hear nothing: the run ends, with the best plan there is or a reason, and the next one is planned."""

import os
import signal
import sys
import time

import hostile_solvers
import pytest
from builders import a_world
from stored import a_partnership, a_run, claim, finish
from test_run_worker import FOR_EVER, ON_BOTH, plan_of, the_run
from whole_worker import wait_for
from working import Watch, at_work
from worlds_to_plan import bring, busy_world

import optimisation.solve
from optimisation.greedy import greedy_amounts
from planner.documents import check_document
from planner.store import RunState
from planner.store.runs import MOST_ATTEMPTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and limits as Linux has them")
MOST_LATE_SECONDS = 3


def is_at(store, here, run_id, *states):
    return the_run(store, here, run_id).state in states


def wait_for_end(store, here, run_id, seconds=120):
    wait_for(lambda: not is_at(store, here, run_id, RunState.QUEUED, RunState.RUNNING), seconds)
    return the_run(store, here, run_id)


@ON_BOTH
@pytest.mark.chaos("poison-solver")
def test_a_run_whose_solver_always_crashes_ends_with_its_first_plan_and_the_next_is_planned(store, by, times, say, monkeypatch):
    poisoned, sound = bring(store, busy_world(12), by), bring(store, a_world(), by)
    crashes = 0
    with at_work(store, monkeypatch) as solver:
        for _ in range(times):
            run_id, next_id = a_run(store, poisoned, by, **FOR_EVER), a_run(store, sound, by)
            ask, end = solver._ask, time.monotonic() + 120

            def crashing(job, best, tell, should_stop, ask=ask):
                nonlocal crashes

                def crash(message):
                    nonlocal crashes
                    tell(message)
                    os.kill(solver._process.pid, signal.SIGSEGV)
                    crashes += 1

                return ask(job, best, crash if len(job.world.partnership.schools) == 12 else tell, should_stop)

            monkeypatch.setattr(solver, "_ask", crashing)
            run = wait_for_end(store, poisoned, run_id)
            monkeypatch.setattr(solver, "_ask", ask)
            assert run.state is RunState.FINISHED
            document = plan_of(store, poisoned, run_id).document
            check_document(document)
            assert document["status"] == "first plan only"
            assert wait_for_end(store, sound, next_id).state is RunState.FINISHED
            assert time.monotonic() < end
    assert crashes >= 2 * times, "it did not crash each time it was tried: the test tests nothing"
    say(f"{crashes} crashes; each run kept its first plan, marked as such, and the next was planned")


@pytest.mark.chaos("poison-worker")
def test_a_run_that_kills_every_worker_fails_with_a_reason_and_holds_nobody_up(store, by, later, times, say):
    poison, sound = a_partnership(store, "poison"), a_partnership(store, "sound")
    for _ in range(times):
        run_id = a_run(store, poison, by)
        for _ in range(MOST_ATTEMPTS):
            other_id = a_run(store, sound, by)
            claimed = {run.id: run for run in (claim(store, "dies of it"), claim(store, "lives"))}
            assert set(claimed) == {run_id, other_id}
            assert finish(store, claimed[other_id])
            later(seconds=31)
        assert claim(store) is None
        run = the_run(store, poison, run_id)
        assert run.state is RunState.FAILED
        assert "stopped 5 times" in run.reason
    say(f"{MOST_ATTEMPTS} attempts, then failed with its reason; every other run began at once")


@ON_BOTH
@pytest.mark.chaos("too-large")
def test_a_run_too_large_for_the_memory_says_so_and_the_worker_goes_on(store, by, times, say, monkeypatch):
    large, small = bring(store, busy_world(12), by), bring(store, a_world(), by)
    honest = optimisation.solve.greedy_amounts
    nothing_at_hand = lambda world: greedy_amounts(a_world(funds=())) if len(world.partnership.schools) == 12 else honest(world)  # noqa: E731
    monkeypatch.setattr(optimisation.solve, "greedy_amounts", nothing_at_hand)
    monkeypatch.setattr(optimisation.solve, "serve_apart", hostile_solvers.hungry)
    with at_work(store, monkeypatch, memory_megabytes=1024):
        for _ in range(times):
            run_id = a_run(store, large, by, seconds=600)
            run = wait_for_end(store, large, run_id, seconds=600)
            assert run.state is RunState.FAILED
            assert run.reason.startswith("This is too large")
            next_id = a_run(store, small, by)
            assert wait_for_end(store, small, next_id).state is RunState.FINISHED
    say("each was told in a sentence; the next run was planned by the same worker")


@ON_BOTH
@pytest.mark.chaos("deaf-solver")
@pytest.mark.parametrize("way", ["deaf", "halting"])
def test_a_solver_that_hears_nothing_is_late_by_no_more_than_promised_and_can_be_cancelled(store, by, way, times, say, monkeypatch):
    here = bring(store, busy_world(80), by)
    monkeypatch.setattr(optimisation.solve, "serve_apart", getattr(hostile_solvers, way))
    late, cancelled = [], []
    with at_work(store, monkeypatch) as solver:
        solver_is_ready = lambda: solver.engine  # noqa: E731
        for _ in range(times):
            run_id = a_run(store, here, by, seconds=2)
            wait_for(lambda run_id=run_id: not is_at(store, here, run_id, RunState.QUEUED))
            watch = Watch()
            run = wait_for_end(store, here, run_id)
            late.append(watch.seconds() - 2)
            assert run.state is RunState.FINISHED, run.reason
            check_document(plan_of(store, here, run_id).document)
            run_id = a_run(store, here, by, **FOR_EVER)
            wait_for(solver_is_ready)
            wait_for(lambda run_id=run_id: the_run(store, here, run_id).best_amounts is not None)
            time.sleep(0.3)
            process, watch = solver._process, Watch()
            with store.begin() as tx:
                assert tx.runs.cancel(partnership_id=here, run_id=run_id)
            wait_for(lambda process=process: not process.is_alive())
            cancelled.append(watch.seconds())
    say(f"late by at most {max(late):.1f} s; cancelled within {max(cancelled):.1f} s")
    assert max(late) <= MOST_LATE_SECONDS
    assert max(cancelled) <= MOST_LATE_SECONDS
