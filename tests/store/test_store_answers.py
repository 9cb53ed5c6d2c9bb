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


CHANGE, OTHER_CHANGE = {"what": "money", "pounds": 500}, {"what": "money", "pounds": 600}


def ask_replan(store, here, plan_id, by, change=CHANGE):
    with store.begin() as tx:
        return (*tx.answers.ask_replan(partnership_id=here, plan_id=plan_id, change=change, by=by), tx.now)


def test_a_replan_is_asked_once_for_each_change_of_a_plan(store, by):
    here, other = a_partnership(store), a_user(store, "other")
    first_plan, plan_id = a_plan(store, here, by), a_plan(store, here, by)
    number, is_new, at = ask_replan(store, here, plan_id, by)
    assert is_new
    assert ask_replan(store, here, plan_id, other)[:2] == (number, False)
    second = ask_replan(store, here, plan_id, other, OTHER_CHANGE)[0]
    elsewhere = ask_replan(store, here, first_plan, by)[0]
    assert len({number, second, elsewhere}) == 3
    with store.read() as tx:
        one, two = tx.answers.replans(partnership_id=here, plan_id=plan_id)
        assert [row.id for row in tx.answers.replans(partnership_id=here, plan_id=first_plan)] == [elsewhere]
        assert tx.answers.replans(partnership_id=here + 1, plan_id=plan_id) == ()
        assert [tx.answers.replans_waiting(partnership_id=here, by=asker) for asker in (by, other)] == [2, 1]
        assert tx.answers.replans_waiting(partnership_id=here + 1, by=by) == 0
        assert AnswerKind.REPLAN not in tx.answers.of_kinds(partnership_id=here, plan_id=plan_id, with_document=())
    assert (one.id, one.partnership_id, one.plan_id, one.kind, one.urn, one.asked, one.asked_by, one.asked_at, one.state) == (
        number, here, plan_id, AnswerKind.REPLAN, 0, CHANGE, by, at, AnswerState.QUEUED,
    )  # fmt: skip
    assert (two.id, two.asked, two.asked_by) == (second, OTHER_CHANGE, other)


def test_a_replan_comes_with_its_document_and_file_and_one_that_failed_is_tried_again(store, by, later):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    numbers = [ask_replan(store, here, plan_id, by, change)[0] for change in (CHANGE, OTHER_CHANGE)]

    def waiting():
        with store.read() as tx:
            return tx.answers.replans_waiting(partnership_id=here, by=by)

    first = next_answer(store)
    assert first.id == numbers[0], "what somebody asked for comes before what every plan brings"
    assert waiting() == 2
    assert end(store, first, {"found": 1})
    second = next_answer(store)
    with store.begin() as tx:
        assert tx.answers.fail(second, reason="It broke.")
        broken = tx.answers.replan(partnership_id=here, plan_id=plan_id, answer_id=second.id)
        assert (broken.state, broken.reason, broken.document, broken.ended_at) == (AnswerState.FAILED, "It broke.", None, tx.now)
    assert waiting() == 0
    with store.read() as tx:
        found = tx.answers.replan(partnership_id=here, plan_id=plan_id, answer_id=numbers[0])
        assert (found.document, found.state) == ({"found": 1}, AnswerState.FINISHED)
        assert tx.answers.replan_file(partnership_id=here, plan_id=plan_id, answer_id=numbers[0]) == b"file"
        assert tx.answers.replan_file(partnership_id=here, plan_id=plan_id, answer_id=numbers[1]) is None
        claims = tx.answers.answer(partnership_id=here, plan_id=plan_id, kind=AnswerKind.CLAIMS)
        for which in ({"answer_id": claims.id}, {"plan_id": plan_id + 1}, {"partnership_id": here + 1}):
            asked = {"partnership_id": here, "plan_id": plan_id, "answer_id": numbers[0], **which}
            assert tx.answers.replan(**asked) is None
            assert tx.answers.replan_file(**asked) is None
    later(minutes=1)
    assert ask_replan(store, here, plan_id, by)[:2] == (numbers[0], False), "what is finished stays as it is"
    number, is_again, at = ask_replan(store, here, plan_id, by, OTHER_CHANGE)
    assert (number, is_again) == (numbers[1], True)
    with store.read() as tx:
        again = tx.answers.replan(partnership_id=here, plan_id=plan_id, answer_id=number)
    assert (again.state, again.attempts, again.reason, again.ended_at, again.asked_at) == (AnswerState.QUEUED, 0, None, None, at)
    assert waiting() == 1


def test_an_answer_is_kept_with_who_asked_who_worked_and_when(store, by, later):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    with store.begin() as tx:
        assert tx.answers.ask(partnership_id=here, plan_id=plan_id, kind=AnswerKind.WHY, urn=URN, by=by)
        asked_at = tx.now
    later(seconds=2)
    with store.begin() as tx:
        why = tx.answers.claim_next(worker="w7")
        claimed_at = tx.now
    later(seconds=2)
    with store.begin() as tx:
        assert tx.answers.is_held(why)
        assert tx.answers.finish(why, document={"why": 1})
        ended_at = tx.now
        assert not tx.answers.is_held(why)
        found = tx.answers.answer(partnership_id=here, plan_id=plan_id, kind=AnswerKind.WHY, urn=URN)
        assert tx.answers.answer(partnership_id=here, plan_id=plan_id, kind=AnswerKind.WHY, urn=URN + 1) is None
        assert tx.answers.answer(partnership_id=here + 1, plan_id=plan_id, kind=AnswerKind.WHY, urn=URN) is None
        assert tx.answers.answers(partnership_id=here, plan_id=plan_id + 1) == ()
        assert AnswerKind.WHY not in tx.answers.of_kinds(partnership_id=here, plan_id=plan_id, with_document=(AnswerKind.WHY,))
        of_plan = tx.answers.answer(partnership_id=here, plan_id=plan_id, kind=AnswerKind.CLAIMS)
    assert (found.worker, found.asked_by, found.asked_at, found.claimed_at, found.ended_at, found.fence, found.attempts) == (
        "w7", by, asked_at, claimed_at, ended_at, 1, 1,
    )  # fmt: skip
    assert (found.state, found.document, found.reason) == (AnswerState.FINISHED, {"why": 1}, None)
    assert (of_plan.asked_by, of_plan.urn, of_plan.state, of_plan.document) == (None, 0, AnswerState.QUEUED, None)
    assert abs(of_plan.asked_at - asked_at) < 60_000


def test_a_file_is_there_only_where_one_was_kept_with_an_answer_about_the_whole_plan(store, by):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    with store.begin() as tx:
        claims, furthest = tx.answers.claim_next(worker="w"), tx.answers.claim_next(worker="w")
        tx.answers.finish(claims, document={}, file=b"claims")
        tx.answers.finish(furthest, document={})
        tx.answers.ask(partnership_id=here, plan_id=plan_id, kind=AnswerKind.WHY, urn=URN)
        tx.answers.finish(tx.answers.claim_next(worker="w"), document={}, file=b"why")

        def kept(kind, partnership_id=here, plan=plan_id):
            which = {"partnership_id": partnership_id, "plan_id": plan, "kind": kind}
            return tx.answers.has_file(**which), tx.answers.file(**which)

        assert kept(AnswerKind.CLAIMS) == (True, b"claims")
        for nowhere in (
            kept(AnswerKind.FURTHEST), kept(AnswerKind.VALUES), kept(AnswerKind.WHY), kept(AnswerKind.CLAIMS, here + 1),
            kept(AnswerKind.CLAIMS, here, plan_id + 1),
        ):  # fmt: skip
            assert nowhere == (False, None)


def test_some_kinds_alone_are_asked_again_where_they_failed(store, by):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    with store.begin() as tx:
        for _ in OF_EVERY_PLAN:
            tx.answers.fail(tx.answers.claim_next(worker="w"), reason="No.")
        asked = {"partnership_id": here, "plan_id": plan_id, "by": by}
        assert tx.answers.ask_all(**asked, kinds=(AnswerKind.VALUES, AnswerKind.CLAIMS)) == 2
        assert tx.answers.ask_all(**asked, kinds=(AnswerKind.VALUES, AnswerKind.DOSES)) == 1
    queued = [row for row in rows(store, here, plan_id) if row.state is AnswerState.QUEUED]
    assert {row.kind for row in queued} == {AnswerKind.VALUES, AnswerKind.CLAIMS, AnswerKind.DOSES}
    assert {(row.asked_by, row.ended_at, row.reason) for row in queued} == {(by, None, None)}


def test_a_claim_of_an_answer_lasts_as_long_as_its_worker_says(store, by, later):
    here = a_partnership(store)
    a_plan(store, here, by)
    with store.begin() as tx:
        first = tx.answers.claim_next(worker="w", lease=5_000)
    later(seconds=4)
    with store.begin() as tx:
        assert tx.answers.claim_next(worker="w2").id != first.id
        assert tx.answers.beat(first, lease=3_000)
    later(seconds=2)
    with store.begin() as tx:
        assert tx.answers.claim_next(worker="w2").id != first.id
    later(seconds=1)
    with store.begin() as tx:
        again = tx.answers.claim_next(worker="w2")
    assert (again.id, again.fence) == (first.id, 2)


def test_an_answer_gives_way_to_a_run_whose_worker_died_and_to_a_why_whose_worker_died(store, by, later):
    here = a_partnership(store)
    plan_id = a_plan(store, here, by)
    ask_why(store, here, plan_id, by)
    assert next_answer(store).kind is AnswerKind.WHY
    with store.begin() as tx:
        claims = tx.answers.claim_next(worker="w2", lease=3_600_000)
        assert not tx.answers.must_give_way(claims)
    later(seconds=30)
    with store.begin() as tx:
        assert tx.answers.must_give_way(claims)
        assert tx.answers.finish(tx.answers.claim_next(worker="w3"), document={})
        assert not tx.answers.must_give_way(claims)
    a_run(store, here, by)
    claim(store)
    with store.begin() as tx:
        assert not tx.answers.must_give_way(claims), "the run is at work"
        assert tx.answers.claim_next(worker="w3") is not None
    later(seconds=30)
    with store.begin() as tx:
        assert tx.answers.must_give_way(claims)
        assert tx.answers.claim_next(worker="w4") is None


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
