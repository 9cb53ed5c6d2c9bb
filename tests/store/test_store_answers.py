"""Answers about plans in the store: queued with the plan, claimed after every run, lost by nobody and finished once."""

import pytest
import sqlalchemy as sa
from stored import PLAN, a_partnership, a_run, a_user, claim, finish

from planner.certificate import MOST_SCHOOLS
from planner.store import AnswerKind, AnswerState
from planner.store.answers import GAVE_UP, MOST_ATTEMPTS, OF_EVERY_PLAN
from planner.store.engine import open_engines
from planner.store.migrate import downgrade, upgrade

URN = 900101


@pytest.fixture
def by(store):
    return a_user(store)


def a_plan(store, here, by):
    a_run(store, here, by)
    finish(store, claim(store))
    with store.read() as tx:
        return tx.plans.plans(partnership_id=here)[0].id


def next_answer(store, worker="w1"):
    with store.begin() as tx:
        return tx.answers.claim_next(worker=worker)


def rows(store, here, plan_id):
    with store.read() as tx:
        return tx.answers.answers(partnership_id=here, plan_id=plan_id)


def ask_why(store, here, plan_id, by, urn=URN):
    with store.begin() as tx:
        return tx.answers.ask(partnership_id=here, plan_id=plan_id, kind=AnswerKind.WHY, urn=urn, by=by)


def end(store, answer, document=None):
    with store.begin() as tx:
        return tx.answers.finish(answer, document=document or {"found": answer.kind}, file=b"file")


def test_a_plan_brings_its_answers_once_and_each_is_finished_once(store, by):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    assert [row.kind for row in rows(store, here, plan_id)] == list(OF_EVERY_PLAN)
    worked = []
    while (answer := next_answer(store)) is not None:
        worked.append(answer.kind)
        assert end(store, answer)
        assert not end(store, answer, {"again": True}), "what is finished stays as it is"
    assert worked == list(OF_EVERY_PLAN)
    with store.read() as tx:
        found = tx.answers.of_kinds(partnership_id=here, plan_id=plan_id, with_document=(AnswerKind.CLAIMS,))
        assert found[AnswerKind.CLAIMS].document == {"found": "claims"}
        assert found[AnswerKind.VALUES].document is None
        assert tx.answers.file(partnership_id=here, plan_id=plan_id, kind=AnswerKind.CERTIFICATE) == b"file"
    with store.begin() as tx:
        assert tx.answers.ask_all(partnership_id=here, plan_id=plan_id, by=by) == 0


def test_a_plan_of_more_schools_than_a_certificate_holds_brings_none(store, by):
    here = a_partnership(store)
    for schools in (MOST_SCHOOLS, MOST_SCHOOLS + 1):
        a_run(store, here, by)
        finish(store, claim(store), {**PLAN, "partnership": {"schools": [{}] * schools}})
    with store.read() as tx:
        larger, smaller = tx.plans.plans(partnership_id=here)
    assert [row.kind for row in rows(store, here, smaller.id)] == list(OF_EVERY_PLAN)
    assert [row.kind for row in rows(store, here, larger.id)] == [kind for kind in OF_EVERY_PLAN if kind is not AnswerKind.CERTIFICATE]


def test_no_answer_is_claimed_while_a_run_waits_and_one_at_work_must_give_way(store, by):
    here = a_partnership(store)
    a_plan(store, here, by)
    answer = next_answer(store)
    with store.read() as tx:
        assert not tx.answers.must_give_way(answer)
    a_run(store, here, by)
    with store.read() as tx:
        assert tx.answers.must_give_way(answer)
    with store.begin() as tx:
        assert tx.answers.give_back(answer)
        assert tx.answers.claim_next(worker="w2") is None
    finish(store, claim(store))
    again = next_answer(store)
    assert again.plan_id > answer.plan_id, "the newest plan first"
    assert (again.attempts, rows(store, here, answer.plan_id)[0].attempts) == (1, 0), "giving way is no attempt"


def test_what_somebody_asked_for_comes_first_and_the_others_give_way_to_it(store, by):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    answer = next_answer(store)
    assert ask_why(store, here, plan_id, by)
    assert not ask_why(store, here, plan_id, by), "asked once"
    with store.begin() as tx:
        assert tx.answers.must_give_way(answer)
        why = tx.answers.claim_next(worker="w2")
    assert (why.kind, why.urn, why.asked_by) == (AnswerKind.WHY, URN, by)
    ask_why(store, here, plan_id, by, urn=URN + 1)
    with store.read() as tx:
        assert not tx.answers.must_give_way(why)


def test_partnerships_take_turns(store, by):
    here, there = a_partnership(store), a_partnership(store, "Others")
    for one in (here, there):
        a_plan(store, one, by)
    first, second = next_answer(store), next_answer(store, "w2")
    assert {first.partnership_id, second.partnership_id} == {here, there}


def test_a_worker_that_died_loses_nothing_and_one_that_wakes_changes_nothing(store, by, later):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    hung = next_answer(store, "hung")
    later(seconds=20)
    with store.begin() as tx:
        assert tx.answers.beat(hung)
    later(seconds=31)
    other = next_answer(store, "other")
    assert (other.id, other.attempts, other.fence) == (hung.id, 2, hung.fence + 1)
    with store.begin() as tx:
        assert not tx.answers.is_held(hung)
        assert not tx.answers.beat(hung)
        assert not tx.answers.give_back(hung)
        assert not tx.answers.fail(hung, reason="It hung.")
    assert not end(store, hung)
    assert end(store, other)
    assert [row.state for row in rows(store, here, plan_id)].count(AnswerState.FINISHED) == 1


def test_an_answer_whose_workers_keep_dying_is_given_up_until_somebody_asks_again(store, by, later):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    for _ in range(MOST_ATTEMPTS):
        assert next_answer(store).kind is AnswerKind.CLAIMS
        later(seconds=31)
    assert next_answer(store).kind is AnswerKind.FURTHEST
    failed = rows(store, here, plan_id)[0]
    assert (failed.state, failed.reason) == (AnswerState.FAILED, GAVE_UP)
    with store.begin() as tx:
        assert tx.answers.ask_all(partnership_id=here, plan_id=plan_id, by=by) == 1
    again = rows(store, here, plan_id)[0]
    assert (again.state, again.attempts, again.reason, again.asked_by) == (AnswerState.QUEUED, 0, None, by)
    with store.begin() as tx:
        while (answer := tx.answers.claim_next(worker="w")).kind is not AnswerKind.CLAIMS:
            tx.answers.fail(answer, reason="No.")
    assert answer.fence > failed.fence, "a worker that wakes from before still changes nothing"


def test_an_answer_belongs_to_a_plan_of_its_partnership_and_a_school_to_why_alone(store, by):
    here, there = a_partnership(store), a_partnership(store, "Others")
    plan_id = a_plan(store, here, by)
    for partnership_id, kind, urn in ((there, AnswerKind.WHY, URN), (here, AnswerKind.WHY, 0), (here, AnswerKind.CLAIMS, URN)):
        with pytest.raises(sa.exc.IntegrityError), store.begin() as tx:
            tx.answers.ask(partnership_id=partnership_id, plan_id=plan_id, kind=kind, urn=urn)


def test_a_database_of_before_has_the_answers_of_its_newest_plans_and_of_those_that_schools_read_queued(database, store, by):
    here, there = a_partnership(store), a_partnership(store, "Others")
    older, newer = a_plan(store, here, by), a_plan(store, here, by)
    first, second, third = (a_plan(store, there, by) for _ in range(3))
    with store.begin() as tx:
        for plan_id in (second, first):
            tx.plans.choose(partnership_id=there, plan_id=plan_id, by=by)
    engines = open_engines(database.url, database.home)
    downgrade(engines, to="0004")
    upgrade(engines)
    engines.dispose()
    assert rows(store, here, older) == ()
    assert [(row.kind, row.state) for row in rows(store, here, newer)] == [(kind, AnswerState.QUEUED) for kind in OF_EVERY_PLAN]
    assert [bool(rows(store, there, plan_id)) for plan_id in (first, second, third)] == [True, False, True], (
        "the choice that counts is the last"
    )
    assert {next_answer(store, worker).plan_id for worker in ("w1", "w2")} == {newer, third}
