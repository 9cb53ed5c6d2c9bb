"""Rosters in the store: made after runs and before answers, ended once; a choice and delivered half-days that overwrite nobody's."""

import pytest
from stored import a_partnership, a_run, a_user, claim, finish

from planner.errors import ChangedMeanwhile
from planner.store import AnswerState

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
        assert not tx.rosters.fail(again, reason="late")
        kept = tx.rosters.version(**plan, version_id=version_id)
    assert (kept.state, kept.document) == (AnswerState.FINISHED, {"roster": []})


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
