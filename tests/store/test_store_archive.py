"""What a partnership takes away, on both databases: every row of its own, none of another's."""

from stored import PLAN, a_partnership, a_run, a_user, claim, finish

from planner.store.archive import TAKEN
from planner.store.decisions import VotingRules
from planner.voting import Majority, Outcome, Say, Weighting


def test_every_table_is_read_with_the_partnerships_own_rows_and_no_proof_of_who_somebody_is(store):
    by = a_user(store)
    mine, other = a_partnership(store, by=by), a_partnership(store, "Others", by=by)
    for partnership_id in (mine, other):
        a_run(store, partnership_id, by)
        assert finish(store, claim(store), {**PLAN, "name": partnership_id})
        with store.begin() as tx:
            tx.events.record(partnership_id=partnership_id, by=by, action="seen")
    with store.read() as tx:
        tables = {kept.name: kept for kept in tx.archive.tables(partnership_id=mine)}
        rows = {name: list(kept.rows) for name, kept in tables.items()}
    assert list(rows) == list(TAKEN)
    assert [row["document"]["name"] for row in rows["plans"]] == [mine]
    assert [(row["by"], row["action"]) for row in rows["events"]] == [(by, "seen")]
    assert {row["partnership_id"] for found in rows.values() for row in found} == {mine}
    assert tables["decisions"].of_people == {"opened_by", "vote_opened_by", "closed_by"}
    assert tables["decision_votes"].of_people == {"user_id"}
    assert "token_hash" not in tables["invitations"].columns


RULES = VotingRules(quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)


def test_the_votes_of_a_partnerships_own_closed_decisions_are_taken_and_none_that_are_still_secret(store):
    by = a_user(store)
    mine, other = a_partnership(store, by=by), a_partnership(store, "Others", by=by)
    for here, reason, is_closed in ((mine, "closed", True), (mine, "still open", False), (other, "theirs", True)):
        with store.begin() as tx:
            number = tx.decisions.open_decision(partnership_id=here, title="A", rules=RULES, options=[], by=by)
            tx.decisions.open_vote(decision=tx.decisions.decision(partnership_id=here, decision_id=number), roll=[by], by=by)
            decision = tx.decisions.decision(partnership_id=here, decision_id=number)
            tx.decisions.vote(decision=decision, by=by, say=Say.AGAINST, plan_id=None, reason=reason)
            if is_closed:
                tx.decisions.close_vote(decision=decision, outcome=Outcome.NO_MAJORITY, carried=None, by=by)

    def votes(partnership_id):
        with store.read() as tx:
            return [
                row["reason"]
                for kept in tx.archive.tables(partnership_id=partnership_id)
                if kept.name == "decision_votes"
                for row in kept.rows
            ]

    assert (votes(mine), votes(other)) == (["closed"], ["theirs"])
