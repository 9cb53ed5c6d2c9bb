"""Rosters in the store: made after runs and before answers, ended once; a choice and delivered half-days that overwrite nobody's."""

import pytest
from stored import a_partnership, a_run, a_user, claim, finish

from planner.errors import ChangedMeanwhile
from planner.store import AnswerState
from planner.store.answers import GAVE_UP, MOST_ATTEMPTS

REQUEST = {"wishes": [], "people": [], "most_schools": None, "non_driver_reach_metres": None}


@pytest.fixture
def by(store):
    return a_user(store)


@pytest.fixture
def plan(store, by):
    here = a_partnership(store)
    a_run(store, here, by)
    finish(store, claim(store))
    with store.read() as tx:
        return {"partnership_id": here, "plan_id": tx.plans.plans(partnership_id=here)[0].id}


def test_a_roster_comes_after_runs_and_before_answers_and_is_ended_once(store, plan, by):
    with store.begin() as tx:
        version_id = tx.rosters.ask(**plan, request=REQUEST, note="n", by=by, based_on=None)
        a_run_waits = tx.runs.request_run(
            partnership_id=plan["partnership_id"], partnership_version=1, policy_version=1, settings={}, by=by
        )  # fmt: skip
        assert tx.rosters.claim_next(worker="w") is None
        assert tx.runs.claim_next(worker="w").id == a_run_waits
    with store.begin() as tx:
        answer = tx.answers.claim_next(worker="w")
        assert tx.answers.must_give_way(answer)
        version = tx.rosters.claim_next(worker="w")
        assert version.id == version_id
        assert not tx.answers.must_give_way(answer)
        assert tx.rosters.beat(version)
        assert tx.rosters.give_back(version)
        again = tx.rosters.claim_next(worker="w2")
        assert (again.attempts, again.fence) == (1, 2)
        assert not tx.rosters.fail(version, reason="late"), "it is no longer the first worker's"
        assert tx.rosters.finish(again, document={"roster": []})
        ended_at = tx.now
        assert not tx.rosters.fail(again, reason="late")
        kept = tx.rosters.version(**plan, version_id=version_id)
    assert (kept.state, kept.document, kept.ended_at, kept.reason) == (AnswerState.FINISHED, {"roster": []}, ended_at, None)


def test_of_two_choices_at_once_the_second_is_told(store, plan, by):
    with store.begin() as tx:
        version_id = tx.rosters.ask(**plan, request=REQUEST, note="n", by=by, based_on=None)
        tx.rosters.choose(**plan, version_id=version_id, by=by, instead_of=0)
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.rosters.choose(**plan, version_id=None, by=by, instead_of=0)
    with store.read() as tx:
        assert tx.rosters.choice(**plan).version_id == version_id


def test_delivered_half_days_stand_as_last_entered_and_of_two_at_once_the_second_is_told(store, plan, by):
    about = {**plan, "person_id": "ep1", "half_term": 1, "by": by}
    with store.begin() as tx:
        assert tx.rosters.enter_delivered(**about, half_days={"900101": 2, "900102": 1}, seen=0) == 2
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.rosters.enter_delivered(**about, half_days={"900101": 3}, seen=0)
    with store.begin() as tx:
        seen = max(row.id for row in tx.rosters.delivered(**plan))
        assert tx.rosters.enter_delivered(**about, half_days={"900101": 3, "900102": 1}, seen=seen) == 1
        assert {row.recipient: row.half_days for row in tx.rosters.delivered(**plan)} == {"900101": 3, "900102": 1}


def elsewhere(store, by):
    """Another partnership and its plan, with a roster asked for."""
    there = a_partnership(store, "Others")
    a_run(store, there, by)
    finish(store, claim(store))
    with store.begin() as tx:
        plan = {"partnership_id": there, "plan_id": tx.plans.plans(partnership_id=there)[0].id}
        tx.rosters.ask(**plan, request={}, note="theirs", by=by, based_on=None)
    return plan


def claim_roster(store, worker="w", **options):
    with store.begin() as tx:
        return tx.rosters.claim_next(worker=worker, **options)


def write(store, what, version, **given):
    with store.begin() as tx:
        return getattr(tx.rosters, what)(version, **given)


def kept(store, plan, version_id):
    with store.read() as tx:
        return tx.rosters.version(**plan, version_id=version_id)


def test_versions_are_kept_as_they_were_asked_for_newest_first_and_each_plans_are_its_own(store, plan, by):
    with store.begin() as tx:
        at = tx.now
        first = tx.rosters.ask(**plan, request=REQUEST, note="first", by=by, based_on=None)
        second = tx.rosters.ask(**plan, request={"wishes": [1]}, note="second", by=by, based_on=first)
    other = elsewhere(store, by)
    with store.read() as tx:
        newest, oldest = tx.rosters.versions(**plan)
        assert [one.note for one in tx.rosters.versions(**other)] == ["theirs"]
        assert tx.rosters.versions(partnership_id=plan["partnership_id"], plan_id=other["plan_id"]) == ()
        assert tx.rosters.version(**other, version_id=first) is None
        assert tx.rosters.version(**plan, version_id=second).document is None
    assert (oldest.id, oldest.partnership_id, oldest.plan_id, oldest.based_on, oldest.note, oldest.request) == (
        first, plan["partnership_id"], plan["plan_id"], None, "first", REQUEST,
    )  # fmt: skip
    assert (oldest.asked_by, oldest.asked_at, oldest.state, oldest.attempts, oldest.fence, oldest.ended_at, oldest.reason) == (
        by, at, AnswerState.QUEUED, 0, 0, None, None,
    )  # fmt: skip
    assert (newest.id, newest.based_on, newest.note, newest.request) == (second, first, "second", {"wishes": [1]})


def test_how_many_wait_counts_ones_own_here_until_they_are_made(store, plan, by):
    other = a_user(store, "other")
    elsewhere(store, by)
    with store.begin() as tx:
        for asker in (by, by, other):
            tx.rosters.ask(**plan, request={}, note="", by=asker, based_on=None)

    def waiting():
        with store.read() as tx:
            return [tx.rosters.waiting(partnership_id=plan["partnership_id"], by=asker) for asker in (by, other)]

    assert waiting() == [2, 1]
    assert claim_roster(store).partnership_id != plan["partnership_id"], "in the order they were asked for"
    version = claim_roster(store)
    assert waiting() == [2, 1], "one at work is still to be made"
    assert write(store, "finish", version, document={})
    assert waiting() == [1, 1]
    assert write(store, "fail", claim_roster(store), reason="No.")
    assert waiting() == [0, 1]


def test_a_choice_stands_until_another_is_made_and_may_go_back_to_the_plans_own_names(store, plan, by):
    other = elsewhere(store, by)
    with store.begin() as tx:
        assert tx.rosters.choice(**plan) is None
        version_id = tx.rosters.ask(**plan, request=REQUEST, note="n", by=by, based_on=None)
        tx.rosters.choose(**plan, version_id=version_id, by=by, instead_of=0)
        at = tx.now
        first = tx.rosters.choice(**plan)
        assert (first.version_id, first.chosen_by, first.chosen_at) == (version_id, by, at)
    for not_seen in (0, first.id + 1):
        with pytest.raises(ChangedMeanwhile), store.begin() as tx:
            tx.rosters.choose(**plan, version_id=None, by=by, instead_of=not_seen)
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.rosters.choose(**other, version_id=None, by=by, instead_of=1)
    with store.begin() as tx:
        tx.rosters.choose(**plan, version_id=None, by=by, instead_of=first.id)
        assert tx.rosters.choice(**plan).version_id is None
        assert tx.rosters.choice(**other) is None
        assert tx.rosters.choice(partnership_id=plan["partnership_id"], plan_id=other["plan_id"]) is None


def test_what_was_delivered_is_each_persons_in_each_half_term_of_one_plan(store, plan, by):
    other = elsewhere(store, by)
    about = {**plan, "by": by}

    def enter(person, half_term, half_days, seen, **where):
        with store.begin() as tx:
            return tx.rosters.enter_delivered(
                **(about | where), person_id=person, half_term=half_term, half_days=half_days, seen=seen
            ), tx.now  # fmt: skip

    assert enter("ep1", 1, {"900101": 2}, 0)[0] == 1
    assert enter("ep1", 2, {"900101": 5}, 0)[0] == 1
    assert enter("slt1", 1, {"900101": 7}, 0)[0] == 1
    assert enter("ep1", 1, {"900101": 9}, 0, **other)[0] == 1
    with store.read() as tx:
        rows = tx.rosters.delivered(**plan)
        assert [row.half_days for row in tx.rosters.delivered(**other)] == [9]
    assert [(row.person_id, row.recipient, row.half_term, row.half_days, row.entered_by) for row in rows] == [
        ("ep1", "900101", 1, 2, by), ("ep1", "900101", 2, 5, by), ("slt1", "900101", 1, 7, by),
    ]  # fmt: skip
    assert enter("ep1", 1, {"900101": 2}, rows[0].id)[0] == 0, "nothing is new"
    count, at = enter("ep1", 1, {"900101": 0, "zone": 1}, rows[0].id)
    assert count == 2
    with store.read() as tx:
        assert [(row.recipient, row.half_term, row.half_days) for row in tx.rosters.delivered(**plan)] == [
            ("900101", 2, 5), ("900101", 1, 7), ("900101", 1, 0), ("zone", 1, 1),
        ]  # fmt: skip
        assert tx.rosters.delivered(**plan)[-1].entered_at == at
    for not_seen in (0, rows[0].id, 99):
        with pytest.raises(ChangedMeanwhile):
            enter("ep1", 1, {"900101": 4}, not_seen)


def test_a_worker_that_died_at_a_roster_loses_nothing_and_one_that_wakes_changes_nothing(store, plan, by, later):
    with store.begin() as tx:
        version_id = tx.rosters.ask(**plan, request=REQUEST, note="n", by=by, based_on=None)
    hung = claim_roster(store, "hung")
    assert (hung.id, hung.state, hung.attempts, hung.fence) == (version_id, AnswerState.RUNNING, 1, 1)
    assert claim_roster(store, "other") is None
    later(seconds=20)
    assert write(store, "beat", hung)
    later(seconds=29)
    assert claim_roster(store, "other") is None
    with store.read() as tx:
        assert tx.rosters.is_held(hung)
    later(seconds=1)
    other = claim_roster(store, "other")
    assert (other.id, other.attempts, other.fence) == (version_id, 2, 2)
    for what, given in {"beat": {}, "finish": {"document": {}}, "fail": {"reason": "It hung."}, "give_back": {}}.items():
        assert not write(store, what, hung, **given)
    with store.begin() as tx:
        assert not tx.rosters.is_held(hung)
        assert tx.rosters.is_held(other)
        assert tx.rosters.fail(other, reason="No names fit.")
        at = tx.now
        assert not tx.rosters.is_held(other)
    failed = kept(store, plan, version_id)
    assert (failed.state, failed.reason, failed.ended_at, failed.document) == (AnswerState.FAILED, "No names fit.", at, None)


def test_a_claim_lasts_as_long_as_its_worker_says(store, plan, by, later):
    with store.begin() as tx:
        tx.rosters.ask(**plan, request=REQUEST, note="n", by=by, based_on=None)
    version = claim_roster(store, lease=5_000)
    later(seconds=4)
    assert claim_roster(store, "other") is None
    assert write(store, "beat", version, lease=3_000)
    later(seconds=2)
    assert claim_roster(store, "other") is None
    later(seconds=1)
    assert claim_roster(store, "other").fence == 2


def test_a_roster_whose_workers_keep_dying_is_given_up(store, plan, by, later):
    with store.begin() as tx:
        first, second = (tx.rosters.ask(**plan, request=REQUEST, note="n", by=by, based_on=None) for _ in range(2))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        claimed = claim_roster(store)
        assert (claimed.id, claimed.attempts) == (first, attempt)
        later(seconds=30)
    assert claim_roster(store).id == second
    given_up = kept(store, plan, first)
    assert (given_up.state, given_up.reason, kept(store, plan, second).state) == (AnswerState.FAILED, GAVE_UP, AnswerState.RUNNING)
    with store.read() as tx:
        assert given_up.ended_at == pytest.approx(tx.now, abs=20_000)


def test_a_roster_at_work_gives_way_to_a_run_that_waits_or_whose_worker_died(store, plan, by, later):
    with store.begin() as tx:
        tx.rosters.ask(**plan, request=REQUEST, note="n", by=by, based_on=None)
    version = claim_roster(store, lease=3_600_000)

    def must_give_way():
        with store.read() as tx:
            return tx.rosters.must_give_way(version)

    assert not must_give_way()
    a_run(store, plan["partnership_id"], by)
    assert must_give_way()
    claim(store)
    assert not must_give_way(), "the run is at work"
    later(seconds=31)
    assert must_give_way(), "its worker died"
