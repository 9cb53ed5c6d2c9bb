"""The queue: claims, leases and fences; fair turns; endings that nothing undoes."""

import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from databases import a_database
from stored import PLAN, a_partnership, a_run, a_user, claim, finish, run_of

from planner.errors import PlannerError
from planner.store import RunState, open_store
from planner.store.plans import PlanRow
from planner.store.runs import ClaimedRun


@pytest.fixture
def by(store):
    return a_user(store)


@pytest.fixture
def here(store):
    return a_partnership(store)


def write(store, what, run, **arguments):
    with store.begin() as tx:
        return getattr(tx.runs, what)(run, **arguments)


def test_what_waits_for_a_row_goes_on_whatever_the_server_makes_of_transactions_by_default(server):
    with a_database(server, template=server and server.template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {connection.info.dbname} SET default_transaction_isolation = 'serializable'")
        with open_store(url, Path()) as store:
            by, here = a_user(store), a_partnership(store)
            asked = {a_run(store, here, by), a_run(store, a_partnership(store), by)}
            with store.begin() as tx:
                assert tx.runs.runs(partnership_id=here)  # from here on a stricter transaction would see one moment only
                first = claim(store)
                assert {first.id, tx.runs.claim_next(worker="w2").id} == asked
            for engine, level in ((store._engines.writer, "read committed"), (store._engines.reader, "repeatable read")) * 2:
                with engine.begin() as connection:
                    assert connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == level


EVERY_WRITE = {
    "beat": {},
    "add_progress": {"seq": 1, "stage": "trying"},
    "offer_best": {"amounts": {}, "shortfall_points": 1.0},
    "finish": {"document": PLAN},
    "fail": {"reason": "It broke."},
    "give_back": {},
}


def test_a_run_is_requested_claimed_told_of_and_finished(store, by, here):
    run_id = a_run(store, here, by, gap_points=0.1)
    run = claim(store)
    assert (run.id, run.partnership_id, run.state, run.fence, run.attempts) == (run_id, here, RunState.RUNNING, 1, 1)
    assert (run.settings, run.worker, run.partnership_version, run.policy_version) == ({"gap_points": 0.1}, "w1", 1, 1)
    assert claim(store) is None
    assert write(store, "beat", run)
    for seq in range(2):
        assert write(
            store, "add_progress", run, seq=seq, stage="sharing", best_points=9.5 - seq, bound_points=1, detail={"standards_met": seq}
        )
    assert write(store, "add_progress", run, seq=1, stage="said twice")
    assert write(store, "offer_best", run, amounts={"grants": [1]}, shortfall_points=8.5)
    with store.read() as tx:
        assert [
            (p.seq, p.stage, p.best_points, p.bound_points, p.detail) for p in tx.runs.progress(partnership_id=here, run_id=run_id)
        ] == [
            (1, "sharing", 8.5, 1.0, {"standards_met": 1}),
            (0, "sharing", 9.5, 1.0, {"standards_met": 0}),
        ]
        assert tx.runs.progress(partnership_id=here + 1, run_id=run_id) == ()
    assert finish(store, run)
    with store.read() as tx:
        plan = tx.plans.plan(partnership_id=here, plan_id=tx.plans.of_run(partnership_id=here, run_id=run_id).id)
        assert (plan.document, plan.status, plan.fingerprint) == (PLAN, PLAN["status"], PLAN["fingerprint"])
        assert plan == tx.plans.latest(partnership_id=here) == tx.plans.plan(partnership_id=here, plan_id=plan.id)
        assert [row.id for row in tx.plans.plans(partnership_id=here)] == [plan.id]
        assert tx.plans.plan(partnership_id=here + 1, plan_id=plan.id) is tx.plans.of_run(partnership_id=here + 1, run_id=run_id) is None
        assert [(row.id, row.state) for row in tx.runs.runs(partnership_id=here)] == [(run_id, RunState.FINISHED)]
    assert run_of(store, run).best_amounts == {"grants": [1]}


def test_a_run_needs_figures_and_a_policy(store, by):
    with store.begin() as tx:
        here = tx.partnerships.create(name="New", by=by)
    with pytest.raises(PlannerError, match="nothing to plan"), store.begin() as tx:
        tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={}, by=by)


def test_the_same_inputs_have_the_same_mark_and_others_another(store, by, here):
    marks = [run_of(store, claim(store)).inputs_sha256 for settings in ({}, {}, {"seed": 1}) if a_run(store, here, by, **settings)]
    assert marks[0] == marks[1] != marks[2]


def test_a_worker_whose_lease_ran_out_changes_nothing(store, later, by, here):
    a_run(store, here, by)
    stale = claim(store)
    later(seconds=29)
    assert claim(store, "w2") is None
    later(seconds=1)
    run = claim(store, "w2")
    assert (run.id, run.fence, run.attempts, run.worker) == (stale.id, 2, 2, "w2")
    before = run_of(store, run)
    for what, arguments in EVERY_WRITE.items():
        assert not write(store, what, stale, **arguments)
    assert run_of(store, run) == before
    assert finish(store, run)


@pytest.mark.parametrize("ending", ["finish", "fail", "cancel"])
def test_nothing_changes_a_run_that_has_ended(store, later, by, here, ending):
    a_run(store, here, by)
    run = claim(store)
    if ending == "cancel":
        with store.begin() as tx:
            assert tx.runs.cancel(partnership_id=here, run_id=run.id)
            assert not tx.runs.cancel(partnership_id=here, run_id=run.id)
    else:
        assert write(store, ending, run, **EVERY_WRITE[ending])
    before = run_of(store, run)
    for what, arguments in EVERY_WRITE.items():
        assert not write(store, what, run, **arguments)
    with store.begin() as tx:
        assert not tx.runs.cancel(partnership_id=here, run_id=run.id)
        assert not tx.runs.use_best(partnership_id=here, run_id=run.id)
    later(minutes=60)
    assert claim(store) is None
    assert run_of(store, run) == before
    with store.read() as tx:
        assert len(tx.plans.plans(partnership_id=here)) == (ending == "finish")


def test_a_worker_that_beats_keeps_its_run(store, later, by, here):
    a_run(store, here, by)
    run = claim(store)
    for _ in range(10):
        later(seconds=25)
        assert write(store, "beat", run)
        assert claim(store, "w2") is None


def test_a_run_that_kills_five_workers_has_failed(store, later, by, here):
    a_run(store, here, by)
    for attempt in range(1, 6):
        assert claim(store).attempts == attempt
        later(seconds=31)
    good = a_run(store, here, by)
    assert claim(store).id == good
    with store.read() as tx:
        failed = tx.runs.runs(partnership_id=here)[-1]
        events = [(event.action, event.subject, event.by) for event in tx.events.events(partnership_id=here)]
    assert failed.state is RunState.FAILED
    assert "stopped 5 times" in failed.reason
    assert events == [("run failed", f"run {failed.id}", None)]


def test_a_run_given_back_is_claimed_again_and_has_lost_no_attempt(store, by, here):
    a_run(store, here, by)
    run = claim(store)
    assert write(store, "give_back", run)
    again = claim(store, "w2")
    assert (again.id, again.fence, again.attempts) == (run.id, 2, 1)


def test_a_waiting_run_is_cancelled_at_once(store, by, here):
    run_id = a_run(store, here, by)
    with store.begin() as tx:
        assert not tx.runs.cancel(partnership_id=here + 1, run_id=run_id)
        assert tx.runs.cancel(partnership_id=here, run_id=run_id)
    assert claim(store) is None


def test_the_best_so_far_is_used_when_somebody_asks_and_there_is_one(store, later, by, here):
    run_id = a_run(store, here, by)
    run = claim(store)
    with store.begin() as tx:
        assert not tx.runs.use_best(partnership_id=here, run_id=run_id)
    assert write(store, "offer_best", run, amounts=[1], shortfall_points=5.0)
    later(seconds=31)
    with store.begin() as tx:
        assert not tx.runs.use_best(partnership_id=here + 1, run_id=run_id)
        assert tx.runs.run(partnership_id=here, run_id=run.id).best_wanted_at is None
        assert tx.runs.use_best(partnership_id=here, run_id=run_id)
        assert tx.runs.run(partnership_id=here, run_id=run.id).best_wanted_at is not None
    again = claim(store, "w2")
    assert again.best_wanted_at is not None
    assert (again.best_amounts, again.best_shortfall_points) == ([1], 5.0)


def test_the_best_never_worsens_also_over_attempts(store, later, by, here):
    a_run(store, here, by)
    for shortfall, kept in ((9.0, 9.0), (7.0, 7.0), (8.0, 7.0), (7.0, 7.0)):
        run = claim(store)
        assert write(store, "offer_best", run, amounts=[run.fence, shortfall], shortfall_points=shortfall)
        assert run_of(store, run).best_shortfall_points == kept
        later(seconds=31)
    assert run_of(store, run).best_amounts == [4, 7.0]


def test_changes_grow_with_all_a_page_shows_and_not_with_beats(store, by, here):
    a_run(store, here, by)
    run = claim(store)
    seen = [run.changes]
    for what in ("beat", "add_progress", "offer_best"):
        write(store, what, run, **EVERY_WRITE[what])
        seen.append(run_of(store, run).changes)
    with store.begin() as tx:
        tx.runs.use_best(partnership_id=here, run_id=run.id)
    finish(store, run)
    seen.append(run_of(store, run).changes)
    assert seen == [1, 1, 2, 3, 5]


def test_a_run_is_told_as_it_was_asked_for_and_as_it_went(store, later, by, here):
    with store.begin() as tx:
        run_id = tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={"a": 1}, by=by, kind="other")
        asked_at = tx.now
        plain = tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={"a": 1}, by=by)
        waiting = tx.runs.with_best(partnership_id=here, run_id=run_id)
        row, _ = reversed(tx.runs.runs(partnership_id=here))
        assert [one.id for one in tx.runs.runs(partnership_id=here)] == [plain, run_id]
        assert tx.runs.runs(partnership_id=here + 1) == ()
        other = tx.runs.with_best(partnership_id=here, run_id=plain)
        assert tx.runs.run(partnership_id=here, run_id=run_id) == row
    assert not hasattr(row, "best_amounts")
    assert other.kind == "plan"
    assert other.inputs_sha256 != waiting.inputs_sha256, "another kind is another question"
    assert waiting == ClaimedRun(
        id=run_id, partnership_id=here, kind="other", partnership_version=1, policy_version=1, inputs_sha256=waiting.inputs_sha256,
        requested_by=by, requested_at=asked_at, state=RunState.QUEUED, attempts=0, fence=0, worker=None, claimed_at=None, ended_at=None,
        reason=None, best_wanted_at=None, best_shortfall_points=None, best_at=None, changes=0, settings={"a": 1}, best_amounts=None,
    )  # fmt: skip
    later(seconds=1)
    with store.begin() as tx:
        run = tx.runs.claim_next(worker="w")
        claimed_at = tx.now
    later(seconds=1)
    with store.begin() as tx:
        assert tx.runs.offer_best(run, amounts=[1], shortfall_points=2.5)
        best_at = tx.now
    later(seconds=1)
    with store.begin() as tx:
        assert tx.runs.use_best(partnership_id=here, run_id=run_id)
        wanted_at = tx.now
    later(seconds=1)
    with store.begin() as tx:
        assert tx.runs.use_best(partnership_id=here, run_id=run_id)
        assert tx.runs.fail(run, reason="It broke.")
        ended_at = tx.now
    assert run_of(store, run) == replace(
        waiting, state=RunState.FAILED, attempts=1, fence=1, worker="w", claimed_at=claimed_at, ended_at=ended_at, reason="It broke.",
        best_wanted_at=wanted_at, best_shortfall_points=2.5, best_at=best_at, changes=5, best_amounts=[1],
    )  # fmt: skip
    assert run_of(store, other) == other, "nothing of it has changed"


def test_a_plan_is_kept_with_the_numbers_of_its_document_that_lists_show(store, by, here):
    a_run(store, here, by)
    run = claim(store)
    numbers = {
        "standards_counted": 9, "standards_met": 5, "standards_partly_met": 3, "standards_under_half": 1, "out_of_reach": 0, "price_points": 2,
    }  # fmt: skip
    assert finish(store, run, {**PLAN, **numbers, "shortfall_points": 1.5, "bound_points": 1.25, "other": 7})
    with store.read() as tx:
        plan = tx.plans.of_run(partnership_id=here, run_id=run.id)
        at = tx.runs.run(partnership_id=here, run_id=run.id).ended_at
    assert plan == PlanRow(
        id=plan.id, partnership_id=here, run_id=run.id, made_at=at, status=PLAN["status"], fingerprint=PLAN["fingerprint"], counts=numbers,
        shortfall_points=1.5, bound_points=1.25,
    )  # fmt: skip


def test_a_plan_made_elsewhere_ends_its_run_only_while_that_waits(store, by, here):
    first, second = a_run(store, here, by), a_run(store, here, by)
    run = claim(store)

    def keep(run_id, partnership_id=here):
        with store.begin() as tx:
            return tx.runs.keep_made_elsewhere(partnership_id=partnership_id, run_id=run_id, document=PLAN)

    assert run.id == first
    assert keep(first) is None, "a worker has it"
    assert keep(second, here + 1) is None
    plan_id = keep(second)
    assert keep(second) is None
    with store.read() as tx:
        assert tx.plans.plan(partnership_id=here, plan_id=plan_id).run_id == second
        assert tx.runs.run(partnership_id=here, run_id=second).state is RunState.FINISHED
        assert len(tx.answers.answers(partnership_id=here, plan_id=plan_id)) > 0
        assert len(tx.plans.plans(partnership_id=here)) == 1


def test_what_every_attempt_told_is_listed_newest_first_and_its_best_bound_counts(store, later, by, here):
    other_id = a_run(store, a_partnership(store, "Others"), by)
    run_id = a_run(store, here, by)
    other, first = claim(store), claim(store)
    assert (other.id, first.id) == (other_id, run_id)
    with store.begin() as tx:
        assert tx.runs.bound_points(first) == 0.0
        at = tx.now
        for seq, bound in ((0, None), (1, 4.0), (2, 6.5)):
            tx.runs.add_progress(first, seq=seq, stage="trying", bound_points=bound)
        tx.runs.add_progress(other, seq=0, stage="trying", bound_points=99.0)
    later(seconds=30)
    claims = [claim(store), claim(store)]
    second = next(run for run in claims if run.id == run_id)
    with store.begin() as tx:
        tx.runs.add_progress(second, seq=0, stage="again", best_points=9.0, bound_points=5.0)
        assert tx.runs.bound_points(second) == 6.5
        told = tx.runs.progress(partnership_id=here, run_id=run_id)
        assert [(p.fence, p.seq) for p in tx.runs.progress(partnership_id=here, run_id=run_id, most=2)] == [(2, 0), (1, 2)]
        assert tx.runs.progress(partnership_id=here, run_id=other_id) == ()
    assert [(p.run_id, p.fence, p.seq, p.stage, p.best_points, p.bound_points, p.detail) for p in told] == [
        (run_id, 2, 0, "again", 9.0, 5.0, {}),
        (run_id, 1, 2, "trying", None, 6.5, {}), (run_id, 1, 1, "trying", None, 4.0, {}), (run_id, 1, 0, "trying", None, None, {}),
    ]  # fmt: skip
    assert told[-1].at == at


def test_a_claim_of_a_run_lasts_as_long_as_its_worker_says_and_it_fails_after_as_many_as_are_given(store, later, by, here):
    a_run(store, here, by)
    run = claim(store, lease=5_000)
    later(seconds=4)
    assert claim(store) is None
    assert write(store, "beat", run, lease=3_000)
    later(seconds=2)
    assert claim(store) is None
    later(seconds=1)
    assert claim(store, most_attempts=2, lease=1_000).attempts == 2
    later(seconds=1)
    assert claim(store, most_attempts=2) is None
    failed = run_of(store, run)
    assert (failed.state, failed.reason.startswith("The planner stopped 2 times")) == (RunState.FAILED, True)
    assert failed.ended_at is not None


def test_a_best_is_asked_for_while_a_run_waits_to_go_on_too_and_of_one_run_alone(store, by, here):
    runs = [a_run(store, here, by) for _ in range(2)]
    claimed = [claim(store), claim(store, "w2")]
    for run in claimed:
        assert write(store, "offer_best", run, amounts=[run.id], shortfall_points=1.0)
        assert write(store, "give_back", run)
    with store.begin() as tx:
        assert tx.runs.use_best(partnership_id=here, run_id=runs[0])
    assert [run_of(store, run).best_wanted_at is None for run in claimed] == [False, True]
    assert [run_of(store, run).best_amounts for run in claimed] == [[runs[0]], [runs[1]]]
    again = claim(store, "w3")
    assert (again.attempts, again.state, again.worker) == (1, RunState.RUNNING, "w3")


def test_a_run_needs_the_version_of_its_own_partnership(store, by, here):
    there = a_partnership(store, "Others")
    with store.begin() as tx:
        tx.policies.add_version(partnership_id=there, document={}, note="", by=by, based_on=1)
    for versions in ((2, 1), (1, 2)):
        with pytest.raises(PlannerError, match="nothing to plan"), store.begin() as tx:
            tx.runs.request_run(partnership_id=here, partnership_version=versions[0], policy_version=versions[1], settings={}, by=by)


# --- fair turns ---


def test_a_flood_by_one_partnership_does_not_hold_up_the_others(store, by):
    flooder, *others = (a_partnership(store, str(number)) for number in range(6))
    flood = [a_run(store, flooder, by) for _ in range(50)]
    few = [a_run(store, other, by) for other in others for _ in range(2)]
    order = []
    for _ in range(60):
        run = claim(store)
        order.append(run)
        assert finish(store, run)
    assert claim(store) is None
    assert {run.id for run in order} == {*flood, *few}
    assert {run.id for run in order[:12]} >= set(few)
    assert [run.id for run in order if run.partnership_id == flooder] == flood
    assert [run.partnership_id for run in order[:12]] == [flooder, *others] * 2


def test_a_partnership_with_runs_at_work_waits_behind_those_without(store, by):
    flooder, other = a_partnership(store, "flooder"), a_partnership(store, "other")
    for _ in range(10):
        a_run(store, flooder, by)
    for _ in range(3):
        claim(store)
    a_run(store, other, by)
    a_run(store, other, by)
    assert [claim(store).partnership_id for _ in range(3)] == [other, other, flooder]


def test_the_place_in_the_queue_is_the_turn_it_gets(store, by):
    partnerships = [a_partnership(store, str(number)) for number in range(3)]
    waiting = {a_run(store, partnerships[0], by): partnerships[0] for _ in range(5)}
    waiting |= {a_run(store, here, by): here for here in partnerships[1:] for _ in range(2)}
    done = claim(store)
    while len(waiting) > 1:
        del waiting[done.id]
        with store.read() as tx:
            places = {run_id: tx.runs.queue_place(partnership_id=here, run_id=run_id) for run_id, here in waiting.items()}
            assert tx.runs.queue_place(partnership_id=done.partnership_id, run_id=done.id) is None
            assert tx.runs.queue_place(partnership_id=99, run_id=next(iter(waiting))) is None
        assert sorted(places.values()) == list(range(1, len(waiting) + 1))
        done = claim(store)
        assert places[done.id] == 1


def test_many_workers_never_claim_the_same_run(store, by):
    here = [a_partnership(store, str(number)) for number in range(3)]
    wanted = {a_run(store, here[number % 3], by) for number in range(30)}
    claimed = []

    def work():
        while run := claim(store):
            claimed.append(run.id)
            finish(store, run)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(wanted)


def test_among_equal_turns_the_partnership_served_longest_ago_is_first(store, later, by):
    first, second, third = (a_partnership(store, str(number)) for number in range(3))
    for here in (second, first):
        a_run(store, here, by)
        later(seconds=1)
        finish(store, claim(store))
    for here in (first, second, third):
        a_run(store, here, by)
        later(seconds=1)
    with store.read() as tx:
        places = [
            tx.runs.queue_place(partnership_id=here, run_id=tx.runs.runs(partnership_id=here)[0].id) for here in (first, second, third)
        ]
    assert places == [3, 2, 1]
    turns = [claim(store).partnership_id for _ in range(3)]
    assert turns == [third, second, first]


def test_the_second_run_of_a_partnership_waits_for_the_first_of_one_that_was_just_served(store, by):
    here, there = a_partnership(store), a_partnership(store, "Others")
    a_run(store, there, by)
    finish(store, claim(store))
    runs = [(where, a_run(store, where, by)) for where in (here, here, there)]
    with store.read() as tx:
        assert [tx.runs.queue_place(partnership_id=where, run_id=run_id) for where, run_id in runs] == [1, 3, 2]
    assert [claim(store).id for _ in runs] == [runs[0][1], runs[2][1], runs[1][1]]


def test_a_run_whose_worker_died_counts_no_more_as_one_at_work(store, later, by):
    here, there = a_partnership(store), a_partnership(store, "Others")
    dead = a_run(store, here, by)
    assert claim(store).id == dead
    later(seconds=29)
    a_run(store, here, by)
    other = a_run(store, there, by)
    with store.read() as tx:
        assert tx.runs.queue_place(partnership_id=here, run_id=dead) is None
        assert tx.runs.queue_place(partnership_id=there, run_id=other) == 1
        assert tx.runs.queue_place(partnership_id=here, run_id=other) is None
    later(seconds=1)
    with store.read() as tx:
        assert [tx.runs.queue_place(partnership_id=where, run_id=run) for where, run in ((there, other), (here, dead))] == [1, 2]
