"""Plans that others sent or tried, made options of a decision: each kept as a plan of its own, audited, through the same door."""

from __future__ import annotations

from planner.documents import Json
from planner.store import Transaction
from planner.store.decisions import BoardDecision, VotingRules
from planner.store.proposals import ProposalRow
from web.change.routes import keep_document, kept_before
from web.fates import plans_of_proposals
from web.shelf import KeptPlan


def keep_proposal(tx: Transaction, beside: KeptPlan, proposal: ProposalRow, document: Json) -> int:
    """The plan that a proposal is kept as; once kept, the same. The document must have passed its audit."""
    before = plans_of_proposals(tx, proposal.partnership_id).get(proposal.id)
    settings = {"plan": proposal.plan_id, "proposal": proposal.id, "change": f"proposal {proposal.id}, {proposal.title}"}
    return before or keep_document(tx, beside, document, settings, "proposal kept as a plan")


def keep_tried(tx: Transaction, beside: KeptPlan, changes: list[str], document: Json) -> int:
    """The plan that something tried is kept as; where the same plan is there, that one. The document must have passed its audit."""
    settings = {"plan": beside.plan_id, "change": "; ".join(changes)}
    before = kept_before(tx, beside.partnership_id, document["fingerprint"])
    return before or keep_document(tx, beside, document, settings, "tried plan kept")


def add_option(tx: Transaction, decision: BoardDecision, plan_id: int) -> bool:
    """Put a plan before the board beside the other options; False where it is. Raises ``ChangedMeanwhile`` once the vote is open."""
    options = tx.decisions.options(decision_id=decision.id)
    if plan_id in options:
        return False
    rules = VotingRules(
        quorum=decision.quorum, majority=decision.majority, weighting=decision.weighting, needs_council=bool(decision.needs_council)
    )  # fmt: skip
    tx.decisions.change(decision=decision, title=decision.title, rules=rules, options=sorted((*options, plan_id)))
    return True
