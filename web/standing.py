"""Whether a plan is shadow, proposed or decided: said the same on each of its pages and in its workbook."""

from __future__ import annotations

from dataclasses import dataclass

from planner.store import SignStep, Transaction
from planner.store.decisions import BoardDecision, Place, Signature, is_decided, places_of
from web.shelf import KeptPlan
from web.words import count, listed, moment

SIGNERS = {
    SignStep.BOARD: "the chair for the board",
    SignStep.FINANCE: "the accountable body's finance officer",
    SignStep.COUNCIL: "the council or Schools Forum",
}
DECIDED = "Decided"
NO_MONEY = "No money is attached to it and nobody has agreed it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A plan's standing: one word with its colour, a sentence for the page, a line for paper; a shadow plan carries a watermark."""

    word: str
    colour: str
    sentence: str
    is_shadow: bool

    @property
    def line(self) -> str:
        """The word and the sentence, for the head of a workbook."""
        return f"{self.word}. {self.sentence}"


def standing_of(tx: Transaction, kept: KeptPlan) -> Standing:
    """A plan's standing now: shadow until every head has confirmed, decided once all have signed, proposed in between."""
    here = tx.decisions.about(partnership_id=kept.partnership_id, plan_id=kept.plan_id)
    carried = next((decision for decision in here if decision.carried_plan_id == kept.plan_id), None)
    missing, schools = unconfirmed(tx, kept), len(kept.facts.partnership.schools)
    if missing:
        begins = NO_MONEY if carried is None else f"No money is attached to it. {_voted(carried)}"
        return Standing(
            word="Shadow", colour="purple", is_shadow=True,
            sentence=f"{begins} It is for trying out until every head has confirmed the figures it was made from: "
            f"{schools - len(missing):,} of {count(schools, 'school')} {'has' if schools - len(missing) == 1 else 'have'}.",
        )  # fmt: skip
    if carried is None:
        before = next((decision for decision in here if decision.closed_at is None), None)
        where = "" if before is None else f" It is before the board in decision {before.id}."
        return Standing(word="Proposed", colour="blue", is_shadow=False, sentence=f"{NO_MONEY}{where}")
    given = tx.decisions.signatures(decision_id=carried.id)
    if not is_decided(carried, given):
        return Standing(
            word="Proposed", colour="blue", is_shadow=False,
            sentence=f"{_voted(carried)} It waits for {next_signer(places_of(carried, ()), given)} to sign; until then no money is attached to it.",
        )  # fmt: skip
    return Standing(word=DECIDED, colour="green", is_shadow=False, sentence=_decided(tx, kept, carried, given))


def unconfirmed(tx: Transaction, kept: KeptPlan) -> tuple[str, ...]:
    """The schools of a plan whose heads have not confirmed the figures that it was made from, by name."""
    run = tx.runs.run(partnership_id=kept.partnership_id, run_id=kept.run_id)
    assert run is not None
    confirmed = {c.urn for c in tx.schools.confirmations(partnership_id=kept.partnership_id, version=run.partnership_version)}
    return tuple(sorted(school.name for school in kept.facts.partnership.schools if school.urn not in confirmed))


def trusts_of(kept: KeptPlan) -> tuple[str, ...]:
    """The trusts whose schools are in a plan."""
    return tuple(sorted({school.trust for school in kept.facts.partnership.schools if school.trust}))


def next_signer(needed: tuple[Place, ...], given: tuple[Signature, ...]) -> str:
    """Who must sign next, within a sentence."""
    there = {(signature.step, signature.trust) for signature in given}
    return signer(next((place for place in needed if place not in there), needed[-1]))


def signer(place: Place) -> str:
    """Whose signature it is, within a sentence."""
    step, trust = place
    return SIGNERS.get(step) or f"{trust} for its own schools"


def _voted(decision: BoardDecision) -> str:
    assert decision.closed_at is not None
    return f"The board voted for it in decision {decision.id} on {moment(decision.closed_at)}."


def _decided(tx: Transaction, kept: KeptPlan, decision: BoardDecision, given: tuple[Signature, ...]) -> str:
    signed = {signature.trust for signature in given}
    waiting = [trust for trust in trusts_of(kept) if trust not in signed]
    later = next(
        (
            one
            for one in tx.decisions.decisions(partnership_id=kept.partnership_id)
            if one.id > decision.id and one.carried_plan_id not in {None, kept.plan_id}
            and is_decided(one, tx.decisions.signatures(decision_id=one.id))
        ),
        None,
    )  # fmt: skip
    return " ".join(
        [
            f"{_voted(decision)} It is signed.",
            *([f"It does not bind the schools of {listed(waiting)} until their trust approves it."] if waiting else []),
            *([f"Plan {later.carried_plan_id} was decided on after it, in decision {later.id}."] if later is not None else []),
        ]
    )
