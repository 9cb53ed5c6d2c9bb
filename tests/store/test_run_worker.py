"""Runs made by the real worker and the real solver: plans, cancels, crashes of the database, fences."""

import ast
import contextlib
import inspect
import itertools
import logging
import threading
import time
from random import Random

import pytest
from builders import a_world, random_world, two_schools
from stored import a_run, a_user, claim, run_of
from working import Watch, is_alive
from worlds_to_plan import bring, busy_world, fixture_world

import optimisation.worker
from optimisation import run_worker
from optimisation.greedy import greedy_amounts, is_feasible
from optimisation.names import AGAIN_STAGE, STAGE
from optimisation.plain_amounts import amounts_from_plain, amounts_to_plain
from optimisation.run_worker import STAGES, work
from optimisation.solve import Solver
from planner.documents import check_document, sha256_of, to_plain
from planner.measures import standing
from planner.store import RunState

ON_BOTH = pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
"""With the real solver these take long; on PostgreSQL they run with the long counts."""

FOR_EVER = {"gap_points": 0.0, "seconds": 600}


@pytest.fixture(scope="module")
def solver():
    with Solver() as running:
        yield running


@pytest.fixture
def make_all(store, solver, monkeypatch):
    """Let the worker make every waiting run, with a solver that is warm."""
    monkeypatch.setattr(run_worker, "Solver", lambda: contextlib.nullcontext(solver))

    def make(worked_on=store, seconds=180):
        until = time.monotonic() + seconds
        work(worked_on, name="the worker", should_end=lambda: time.monotonic() > until or not open_runs(store))

    return make


@pytest.fixture
def by(store):
    return a_user(store)


def open_runs(store):
    with store.read() as tx:
        rows = [run for row in tx.partnerships.partnerships() for run in tx.runs.runs(partnership_id=row.id)]
    return [run for run in rows if run.state in {RunState.QUEUED, RunState.RUNNING}]


def the_run(store, here, run_id):
    with store.read() as tx:
        return tx.runs.with_best(partnership_id=here, run_id=run_id)


def told(store, here, run_id):
    """What the run's workers told of, oldest first."""
    with store.read() as tx:
        return tx.runs.progress(partnership_id=here, run_id=run_id)[::-1]


def best_points(store, here, run_id):
    return [step.best_points for step in told(store, here, run_id) if step.best_points is not None]


def plan_of(store, here, run_id):
    with store.read() as tx:
        row = tx.plans.of_run(partnership_id=here, run_id=run_id)
        return None if row is None else tx.plans.plan(partnership_id=here, plan_id=row.id)


def events(store, here):
    with store.read() as tx:
        return [(event.action, event.subject, event.detail) for event in tx.events.events(partnership_id=here)]


def fail_with(words):
    def fail(_):
        raise KeyError(words)

    return fail


def shortfall(world, amounts):
    return standing(world.picture, world.policy, amounts).shortfall_points


@contextlib.contextmanager
def meanwhile(act):
    """Do something beside the worker; what it raises is raised here."""
    errors = []

    def run():
        try:
            act()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()
    if errors:
        raise errors[0]


def wait_for(is_so, seconds=180):
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


# --- amounts as data ---


def test_amounts_come_back_from_plain_data_as_they_were():
    for seed in range(20):
        amounts = greedy_amounts(random_world(Random(seed)))
        assert amounts_from_plain(amounts_to_plain(amounts)) == amounts


@pytest.mark.parametrize("data", [{}, {"grants": []}, [], "x", {**amounts_to_plain(greedy_amounts(two_schools())), "grants": [["x", 1]]}])
def test_data_that_are_no_amounts_are_refused(data):
    with pytest.raises((LookupError, TypeError, ValueError)):
        amounts_from_plain(data)


def test_every_stage_of_the_solver_has_words_for_people():
    source = inspect.getsource(optimisation.worker.make_plan)  # no run is certified
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    said = {call.keywords[0].value.value for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Stage"}
    assert said | {STAGE, AGAIN_STAGE} == set(STAGES)


# --- a run from its request to its plan ---


@ON_BOTH
def test_a_run_ends_with_an_audited_plan_and_told_how_it_came_to_it(store, by, make_all):
    world = busy_world(12)
    here = bring(store, world, by)
    run_id = a_run(store, here, by, gap_points=0.1, seconds=30)
    make_all()
    run, plan, steps = the_run(store, here, run_id), plan_of(store, here, run_id), told(store, here, run_id)
    assert (run.state, run.attempts, run.worker, run.reason) == (RunState.FINISHED, 1, "the worker", None)
    check_document(plan.document)
    assert plan.status == plan.document["status"] == "within gap"
    assert plan.document["gap_points"] <= 0.1
    assert plan.document["inputs_sha256"] == sha256_of(to_plain(world.partnership))
    assert events(store, here) == [("run finished", f"run {run_id}", {})]
    best = best_points(store, here, run_id)
    bounds = [step.bound_points for step in steps if step.bound_points is not None]
    assert best == sorted(best, reverse=True)
    assert bounds == sorted(bounds)
    assert bounds[-1] <= best[-1]
    assert [step.seq for step in steps] == list(range(len(steps)))
    assert best[0] == shortfall(world, greedy_amounts(world)), "the plan made by hand is kept before the solver begins"
    kept = amounts_from_plain(run.best_amounts)
    assert is_feasible(world, kept)
    assert run.best_shortfall_points == shortfall(world, kept) == best[-1]
    terms = steps[-1].detail
    assert terms["standards_counted"] == sum(n for name, n in terms.items() if name != "standards_counted") == len(world.picture.cells)
    assert {name: plan.document[name] for name in terms} == terms
    assert steps[-1].stage == "Checking the plan"


@ON_BOTH
def test_rules_that_cannot_all_hold_are_told_to_whoever_asked(store, by, make_all):
    here = bring(store, fixture_world("impossible"), by)
    run_id = a_run(store, here, by)
    make_all()
    run = the_run(store, here, run_id)
    assert run.state is RunState.FAILED
    assert run.reason.startswith("The rules cannot all hold.")
    assert "may relax it" in run.reason
    assert plan_of(store, here, run_id) is None
    assert events(store, here) == [("run failed", f"run {run_id}", {})]


@ON_BOTH
def test_what_goes_wrong_on_our_side_fails_the_run_in_one_sentence_and_logs_no_figures(store, by, make_all, monkeypatch, caplog):
    here = bring(store, a_world(), by)
    runs = [a_run(store, here, by), a_run(store, here, by, seconds="Ann Smith")]
    monkeypatch.setattr(run_worker, "check_document", fail_with("Ann Smith"))
    make_all()
    for run_id in runs:
        run = the_run(store, here, run_id)
        assert run.state is RunState.FAILED
        assert run.reason.startswith("Something went wrong on our side")
    failed = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(failed) == 2
    assert "run_worker.py" in failed[0].getMessage()
    assert "Ann Smith" not in caplog.text


# --- a person ends it ---


def once_at_work(store, here, run_id, act):
    """Do something when HiGHS has worked for a while; says when it was done."""
    done = []

    def wait_and_act():
        wait_for(lambda: any(step.stage == STAGES["shortfall below the board's line"] for step in told(store, here, run_id)))
        time.sleep(0.5)
        done.append(Watch())
        act()

    return meanwhile(wait_and_act), done


@ON_BOTH
def test_a_cancelled_run_stops_within_three_seconds_and_writes_nothing_more(store, by, make_all, solver):
    here = bring(store, busy_world(80), by)
    run_id = a_run(store, here, by, **FOR_EVER)
    seen = []

    def cancel():
        seen.append(solver._process.pid)
        with store.begin() as tx:
            assert tx.runs.cancel(partnership_id=here, run_id=run_id)
        seen.append(told(store, here, run_id))
        wait_for(lambda: not is_alive(seen[0]))
        seen.append(done[0].seconds())

    beside, done = once_at_work(store, here, run_id, cancel)
    with beside:
        make_all()
        wait_for(lambda: len(seen) == 3)
    assert seen[2] <= 3, "cancel is promised within 3 seconds"
    print(f"cancelled after {seen[2]:.2f} s")
    run = the_run(store, here, run_id)
    assert (run.state, told(store, here, run_id), plan_of(store, here, run_id)) == (RunState.CANCELLED, seen[1], None)
    again = a_run(store, bring(store, a_world(), by), by)
    make_all()
    assert plan_of(store, here + 1, again) is not None


@ON_BOTH
def test_the_best_plan_so_far_is_an_ending_when_somebody_wants_it(store, by, make_all):
    here = bring(store, busy_world(80), by)
    run_id = a_run(store, here, by, **FOR_EVER)

    def use_best():
        with store.begin() as tx:
            assert tx.runs.use_best(partnership_id=here, run_id=run_id)
        wait_for(lambda: plan_of(store, here, run_id) is not None)
        done.append(done[0].seconds())

    beside, done = once_at_work(store, here, run_id, use_best)
    with beside:
        make_all()
    assert done[1] < 10
    plan = plan_of(store, here, run_id)
    check_document(plan.document)
    assert plan.status == "stopped by hand"
    assert plan.document["shortfall_points"] <= min(best_points(store, here, run_id))


# --- a run begun by a worker that is gone ---


def begun(store, by, world, *, best, bound_points=None, **settings):
    """A run given back with this best plan so far, and perhaps a bound."""
    here = bring(store, world, by)
    a_run(store, here, by, **settings)
    run = claim(store, "the one before")
    with store.begin() as tx:
        tx.runs.offer_best(run, amounts=amounts_to_plain(best), shortfall_points=shortfall(world, best))
        tx.runs.add_progress(run, seq=0, stage="Searching", bound_points=bound_points)
        tx.runs.give_back(run)
    return run


@pytest.fixture(scope="module")
def good(solver):
    """A plan of the busy world that takes longer than a second to find."""
    return solver.make_plan(busy_world(80), gap_points=0.05, seconds=30).amounts


@ON_BOTH
def test_a_resumed_run_starts_from_the_best_plan_kept_and_ends_no_worse(store, by, make_all, good):
    world = busy_world(80)
    run = begun(store, by, world, best=good, gap_points=0.0, seconds=1)
    make_all()
    assert best_points(store, run.partnership_id, run.id)[0] == shortfall(world, good)
    plan = plan_of(store, run.partnership_id, run.id)
    check_document(plan.document)
    assert plan.document["shortfall_points"] <= shortfall(world, good)


@ON_BOTH
def test_a_run_claimed_when_its_best_is_wanted_already_ends_with_it_and_solves_nothing(store, by, make_all, good):
    proven = round(shortfall(busy_world(80), good) / 2, 4)
    run = begun(store, by, busy_world(80), best=good, bound_points=proven, **FOR_EVER)
    with store.begin() as tx:
        assert tx.runs.use_best(partnership_id=run.partnership_id, run_id=run.id)
    watch = Watch()
    make_all()
    assert watch.seconds() < 6  # writing and auditing 80 schools takes a second or two; a search would go on for ever
    plan = plan_of(store, run.partnership_id, run.id)
    check_document(plan.document)
    assert (plan.status, plan.document["bound_points"]) == ("stopped by hand", proven)
    assert {(row["urn"], row["fund"]): row["pounds"] for row in plan.document["money"]["grants"]} == good.grants
    assert {(row["recipient"], row["service"]): row["sessions"] for row in plan.document["sessions"]} == good.sessions


@ON_BOTH
def test_a_best_plan_that_cannot_be_read_or_breaks_a_rule_is_not_used(store, by, make_all, good):
    for best in ([1], amounts_to_plain(good)):  # the second is of another partnership
        here = bring(store, a_world(), by)
        run_id = a_run(store, here, by)
        run = claim(store)
        with store.begin() as tx:
            tx.runs.offer_best(run, amounts=best, shortfall_points=0.0)
            tx.runs.give_back(run)
        make_all()
        assert plan_of(store, here, run_id).status == "within gap"


@ON_BOTH
def test_a_worker_whose_lease_ran_out_stops_and_changes_nothing(store, by, make_all, solver, later):
    here = bring(store, busy_world(80), by)
    run_id = a_run(store, here, by, **FOR_EVER)
    taken = []

    def take():
        later(seconds=31)
        taken.append(claim(store, "another"))
        with store.begin() as tx:
            tx.runs.beat(taken[0], lease=10**9)

    beside, _ = once_at_work(store, here, run_id, take)
    with beside:
        run_worker._make(store, claim(store), solver, lambda: False)
    assert taken[0].fence == 2
    run = run_of(store, taken[0])
    assert (run.state, run.fence, run.worker, plan_of(store, here, run_id)) == (RunState.RUNNING, 2, "another", None)


@ON_BOTH
def test_a_worker_asked_to_end_gives_its_run_back(store, by, solver):
    here = bring(store, busy_world(80), by)
    run_id = a_run(store, here, by, **FOR_EVER)
    asked = threading.Event()
    beside, done = once_at_work(store, here, run_id, asked.set)
    with beside:
        run_worker._make(store, claim(store), solver, asked.is_set)
    assert done[0].seconds() < 2
    run = the_run(store, here, run_id)
    assert (run.state, run.attempts) == (RunState.QUEUED, 0)
    assert run.best_amounts is not None


# --- the database does not answer ---


class Moody:
    """A store whose transactions fail now and then, before they begin or after they were kept."""

    def __init__(self, store, moods):
        self._store, self._moods = store, iter(moods)
        self.failed = 0

    @contextlib.contextmanager
    def begin(self):
        mood = next(self._moods)
        if mood == "before":
            self.fail()
        with self._store.begin() as tx:
            yield tx
        if mood == "after":
            self.fail()

    @contextlib.contextmanager
    def read(self):
        if next(self._moods) == "before":
            self.fail()
        with self._store.read() as tx:
            yield tx

    def fail(self):
        self.failed += 1
        raise OSError("connection lost by Ann Smith")


@pytest.mark.parametrize("seed", range(4))
@ON_BOTH
def test_a_database_that_fails_now_and_then_loses_no_run_and_no_worker(store, by, make_all, monkeypatch, caplog, seed):
    monkeypatch.setattr(run_worker, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(run_worker, "LOOK_SECONDS", 0.02)
    here, rng = bring(store, a_world(), by), Random(seed)
    moods = ("before" if rng.random() < 0.4 else None for _ in iter(int, 1))
    runs = [a_run(store, here, by) for _ in range(3)]
    moody = Moody(store, moods)
    make_all(moody)
    assert moody.failed > 3
    for run_id in runs:
        check_document(plan_of(store, here, run_id).document)
    assert sorted(action for action, *_ in events(store, here)) == ["run finished"] * 3
    assert "Ann Smith" not in caplog.text


@ON_BOTH
def test_a_finish_that_was_kept_but_not_confirmed_is_not_done_twice(store, by, solver, monkeypatch):
    monkeypatch.setattr(run_worker, "PAUSE_SECONDS", 0.01)
    here = bring(store, a_world(), by)
    run_id = a_run(store, here, by)
    run_worker._make(Moody(store, itertools.cycle(["after", None])), claim(store), solver, lambda: False)
    check_document(plan_of(store, here, run_id).document)
    assert events(store, here) == [("run finished", f"run {run_id}", {})]
