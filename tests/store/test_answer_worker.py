"""Answers found out by the real worker: they give way to runs, fail one by one, and outlive a worker that is killed."""

import json
import threading
import time

import pytest
from answering import OPEN, answers_of
from answering import work_out as work_out_all
from builders import two_schools
from pages import demonstration_document, document_of
from stored import a_run, a_user
from test_run_worker import ON_BOTH, the_run
from websites import bring as bring_plan
from whole_worker import Worker, wait_for
from worlds_to_plan import busy_world

import optimisation.answers
from optimisation.answer_worker import work_out
from optimisation.run_worker import work
from optimisation.solve import Solver
from planner.certificate import check_certificate
from planner.documents import plan_from_document
from planner.store import AnswerKind, AnswerState, RunState
from planner.store.answers import OF_EVERY_PLAN
from planner.store.plans import Plans

pytestmark = ON_BOTH
FORMATS = {
    kind: f"partnership-planner {'certified' if kind is AnswerKind.CERTIFICATE else kind}" for kind in AnswerKind
}  # what the commands' --json is headed with


@pytest.fixture
def by(store):
    return a_user(store)


def a_plan(store, document, by):
    with store.begin() as tx:
        return bring_plan(tx, document, by=by)


def documents(store, here, plan_id):
    with store.read() as tx:
        return {
            (row.kind, row.urn): tx.answers.answer(partnership_id=here, plan_id=plan_id, kind=row.kind, urn=row.urn).document
            for row in tx.answers.answers(partnership_id=here, plan_id=plan_id)
        }


def keep_only(store, *kinds):
    with store._engines.writer.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM answers WHERE kind NOT IN ({', '.join(repr(kind.value) for kind in kinds)})")


def check_all(store, here, plan_id, document):
    """Every answer is there, under its format, and the certificate that is kept proves itself again."""
    found = documents(store, here, plan_id)
    assert {kind: found[kind, urn]["format"] for kind, urn in found} == {kind: FORMATS[kind] for kind, _ in found}
    _, world = plan_from_document(document)
    with store.read() as tx:
        file = tx.answers.file(partnership_id=here, plan_id=plan_id, kind=AnswerKind.CERTIFICATE)
    certificate = json.loads(optimisation.answers.gzip.decompress(file))
    said = found[AnswerKind.CERTIFICATE, 0]
    assert check_certificate(certificate, document, world).certified_points == said["certified_points"] <= said["shortfall_points"]
    claims, furthest = found[AnswerKind.CLAIMS, 0], found[AnswerKind.FURTHEST, 0]
    assert claims["with_any_bases"]["bound_points"] == document["bound_points"]
    assert furthest["plan_points"] <= furthest["found_points"] <= furthest["bound_points"]
    return found


def test_every_answer_about_a_small_plan_is_found_and_why_for_a_school(store, by):
    document = document_of(two_schools())
    here, plan_id = a_plan(store, document, by)
    urn = two_schools().partnership.schools[0].urn
    with store.begin() as tx:
        tx.answers.ask(partnership_id=here, plan_id=plan_id, kind=AnswerKind.WHY, urn=urn, by=by)
    rows = work_out_all(store, here, plan_id)
    assert {(row.state, row.reason) for row in rows.values()} == {(AnswerState.FINISHED, None)}
    assert rows[AnswerKind.WHY, urn].ended_at <= min(row.ended_at for row in rows.values()), "asked for, so worked out first"
    assert check_all(store, here, plan_id, document)[AnswerKind.WHY, urn]["urn"] == urn


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_answer_about_the_demonstration_is_found(store, by):
    document = demonstration_document()
    here, plan_id = a_plan(store, document, by)
    rows = work_out_all(store, here, plan_id, seconds=500)
    assert {(row.state, row.reason) for row in rows.values()} == {(AnswerState.FINISHED, None)}
    found = check_all(store, here, plan_id, document)
    assert len(found[AnswerKind.FRONTIER, 0]["points"]) >= 8
    assert [dose["percent"] for dose in found[AnswerKind.DOSES, 0]["doses"]] == [80, 120]
    assert any(len(value["steps"]) == 5 for value in found[AnswerKind.VALUES, 0]["values"])


def test_a_fault_or_lack_of_time_in_one_leaves_the_others_standing(store, by, monkeypatch, caplog):
    here, plan_id = a_plan(store, document_of(two_schools()), by)

    secret = "figures of a school"  # the log shows the line that raises, so they do not stand there

    def fail(*_, **__):
        raise KeyError(secret)

    monkeypatch.setattr(optimisation.answers, "values_of", fail)
    monkeypatch.setitem(optimisation.answers.LIMIT_SECONDS, AnswerKind.FRONTIER, 0)
    rows = work_out_all(store, here, plan_id)
    failed = {kind: row.reason for (kind, _), row in rows.items() if row.state is AnswerState.FAILED}
    assert failed == {
        AnswerKind.VALUES: "Something went wrong on our side: the plan stands as it is, please tell the administrator.",
        AnswerKind.FRONTIER: "It was not worked out within 0 seconds, the most it may take.",
    }
    assert sum(row.state is AnswerState.FINISHED for row in rows.values()) == len(OF_EVERY_PLAN) - 2
    assert "Answer" in caplog.text
    assert secret not in caplog.text


def test_a_database_that_does_not_answer_for_a_moment_loses_no_answer(store, by, monkeypatch):
    here, plan_id = a_plan(store, document_of(two_schools()), by)
    keep_only(store, AnswerKind.CLAIMS)
    real, asked = Plans.plan, []

    def fail_once(*what, **which):
        asked.append(which)
        if len(asked) == 1:
            raise OSError("the database is away")
        return real(*what, **which)

    monkeypatch.setattr(Plans, "plan", fail_once)
    with store.begin() as tx:
        answer = tx.answers.claim_next(worker="w")
    with Solver() as solver:
        with pytest.raises(OSError, match="away"):
            work_out(store, answer, solver, lambda: False)
        assert [row.state for row in answers_of(store, here, plan_id)] == [AnswerState.RUNNING], (
            "its lease runs out, and it is claimed anew"
        )
        work_out(store, answer, solver, lambda: False)
    assert [row.state for row in answers_of(store, here, plan_id)] == [AnswerState.FINISHED]


def test_a_run_that_is_asked_for_comes_first_and_the_answer_begins_anew(store, by):
    here, plan_id = a_plan(store, document_of(busy_world(30)), by)
    asked = {}

    def ask_once_an_answer_is_at_work():
        wait_for(
            lambda: any(row.kind is AnswerKind.FRONTIER and row.state is AnswerState.RUNNING for row in answers_of(store, here, plan_id))
        )
        time.sleep(0.5)
        asked.update(run_id=a_run(store, here, by, gap_points=1.0, seconds=20), at=time.monotonic())

    keep_only(store, AnswerKind.FRONTIER)
    thread = threading.Thread(target=ask_once_an_answer_is_at_work)
    thread.start()

    def has_ended():
        run = "run_id" in asked and the_run(store, here, asked["run_id"])
        return run and run.state is RunState.FINISHED

    until = time.monotonic() + 90
    work(store, name="the worker", should_end=lambda: has_ended() or time.monotonic() > until)
    thread.join()
    run = the_run(store, here, asked["run_id"])
    assert run.state is RunState.FINISHED
    assert run.claimed_at - run.requested_at < 2_000, "it did not wait for the answer to end"
    row = answers_of(store, here, plan_id)[0]
    assert (row.state, row.attempts) in {(AnswerState.QUEUED, 0), (AnswerState.FINISHED, 1)}


def test_a_killed_worker_loses_no_answer_and_none_is_found_twice(database, store, by):
    here, plan_id = a_plan(store, document_of(two_schools()), by)
    quick = (AnswerKind.CLAIMS, AnswerKind.CERTIFICATE, AnswerKind.DOSES)
    keep_only(store, *quick)
    worker = Worker(database)
    hit = wait_for(lambda: next((row for row in answers_of(store, here, plan_id) if row.state is AnswerState.RUNNING), None))
    worker.kill()
    with store._engines.writer.begin() as connection:  # as if half a minute had passed
        connection.exec_driver_sql("UPDATE answers SET lease_until = 1 WHERE state = 'running'")
    other = Worker(database)
    try:
        wait_for(lambda: not any(row.state in OPEN for row in answers_of(store, here, plan_id)))
    finally:
        other.end()
    rows = answers_of(store, here, plan_id)
    assert {row.kind for row in rows} == set(quick)
    assert {row.state for row in rows} == {AnswerState.FINISHED}
    assert next(row for row in rows if row.id == hit.id).fence >= hit.fence
