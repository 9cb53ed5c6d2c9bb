"""What became of proposals: before the board, an option of a decision, carried or not, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Transaction
from planner.store.decisions import BoardDecision
from planner.store.proposals import ProposalRow
from planner.store.runs import REPLAN
from web.words import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How a proposal stands: a word with its colour, a sentence, the plan that it was kept as and the decision about it, None where there is none.

    ``is_open``: that decision is not closed, so it can be commented on.
    """

    word: str
    colour: str
    sentence: str
    plan_id: int | None = None
    decision_id: int | None = None
    href: str = ""
    is_open: bool = False


def plans_of_proposals(tx: Transaction, partnership_id: int) -> dict[int, int]:
    """Proposal -> the plan that it was kept as, where it was."""
    made = {
        run.id: int(run.settings["proposal"])
        for run in tx.runs.runs(partnership_id=partnership_id)
        if run.kind == REPLAN and "proposal" in run.settings
    }
    return {made[plan.run_id]: plan.id for plan in tx.plans.plans(partnership_id=partnership_id) if plan.run_id in made}


def fates(tx: Transaction, proposals: tuple[ProposalRow, ...], partnership_id: int) -> dict[int, Fate]:
    """Proposal -> how it stands now."""
    kept = plans_of_proposals(tx, partnership_id)
    return {one.id: _fate(tx, one, kept.get(one.id)) for one in proposals}


def _fate(tx: Transaction, one: ProposalRow, plan_id: int | None) -> Fate:
    about = () if plan_id is None else tx.decisions.about(partnership_id=one.partnership_id, plan_id=plan_id)
    carried = next((decision for decision in about if decision.carried_plan_id == plan_id), None)
    waiting = next((decision for decision in about if decision.closed_at is None), None)
    here = carried or waiting or next(iter(about), None)
    if here is not None and plan_id is not None:
        word, colour, sentence = _decided(here, plan_id)
        href = url_for("decide.decision", partnership_id=one.partnership_id, decision_id=here.id)
        return Fate(
            word=word, colour=colour, sentence=sentence, plan_id=plan_id, decision_id=here.id, href=href, is_open=here.closed_at is None
        )
    if one.withdrawn_at is not None:
        return Fate(word="Withdrawn", colour="grey", sentence=f"Withdrawn {moment(one.withdrawn_at)}.", plan_id=plan_id)
    if plan_id is not None:
        return Fate(
            word="Kept as a plan",
            colour="blue",
            sentence=f"It is kept as plan {plan_id} and is no option of a decision now.",
            plan_id=plan_id,
        )
    return Fate(
        word="Before the board", colour="blue",
        sentence="The board can read it. The chair can make it an option of a decision until the vote on that decision opens.",
    )  # fmt: skip


def _decided(decision: BoardDecision, plan_id: int) -> tuple[str, str, str]:
    name = f"decision {decision.id}, {decision.title}"
    if decision.closed_at is None:
        return f"Option in decision {decision.id}", "yellow", f"It is plan {plan_id} now, an option in {name}."
    if decision.carried_plan_id == plan_id:
        return f"Carried in decision {decision.id}", "green", f"The board voted for it, as plan {plan_id}, in {name}."
    return f"Not carried in decision {decision.id}", "grey", f"It was before the board as plan {plan_id} in {name}, and was not carried."
