"""A decision as a plan's workbook holds it: members by number, signatures with the names that the board entered."""

from __future__ import annotations

from planner.export.plan_decision import DecisionTaken, Signed
from planner.store import Transaction
from planner.store.decisions import BoardDecision
from web.decide.result import ballots_of, choice_said, counted, hosts_for, options_of, result_said, rules_said, votes_said
from web.shelf import KeptPlan, Shelf
from web.standing import signer
from web.words import moment, upper_first


def decision_taken(tx: Transaction, shelf: Shelf, kept: KeptPlan, *, reads_votes: bool) -> DecisionTaken | None:
    """The newest decision that carried a plan, with its signatures and, for who may read them, its votes; None where none did."""
    here = tx.decisions.about(partnership_id=kept.partnership_id, plan_id=kept.plan_id)
    carried = next((decision for decision in here if decision.carried_plan_id == kept.plan_id), None)
    if carried is None:
        return None
    return DecisionTaken(
        facts=_facts(tx, shelf, carried),
        votes=tuple((f"Member {v.user_id}", choice_said(v.say, v.plan_id), v.reason) for v in tx.decisions.votes(decision_id=carried.id))
        if reads_votes else None,
        signatures=tuple(
            Signed(
                whose=upper_first(signer((s.step, s.trust))), name=s.name, role=s.role, signed_on=s.signed_on, evidence=s.evidence,
                plan_fingerprint=s.plan_fingerprint, minutes_version=s.minutes_version,
            )
            for s in tx.decisions.signatures(decision_id=carried.id)
        ),
    )  # fmt: skip


def _facts(tx: Transaction, shelf: Shelf, decision: BoardDecision) -> tuple[tuple[str, str], ...]:
    assert decision.vote_opened_at is not None
    assert decision.closed_at is not None
    options = options_of(tx, shelf, decision)
    votes, interests = tx.decisions.votes(decision_id=decision.id), tx.decisions.interests(decision_id=decision.id)
    tally, roll = counted(tx, decision, options), tx.decisions.roll(decision_id=decision.id)
    return (
        ("Decision", f"{decision.id}: {decision.title}"),
        ("Vote", f"opened {moment(decision.vote_opened_at)}, closed {moment(decision.closed_at)}"),
        *rules_said(decision),
        ("Result", result_said(decision, tally, len(roll), hosts_for(tally, ballots_of(votes, interests), options))),
        *votes_said(tally),
    )
