"""The steps after a plan is there: what people propose, ask for and claim, the board's decision, its signatures."""

from __future__ import annotations

from planner.store import Transaction, VoteState
from planner.store.decisions import BoardDecision, places_of
from web.access import Permission, User
from web.decide.presenters import STATES, carried_trusts
from web.decide.result import options_of
from web.home.steps import BY_BOARD, NOT_YET, Link, Step
from web.requests.presenters import may_grant
from web.shelf import Shelf
from web.standing import next_signer
from web.words import count

BY_CHAIR = "The chair does this."


def agreement(tx: Transaction, shelf: Shelf, user: User, partnership_id: int, link: Link, *, has_plan: bool) -> list[Step]:
    """Propose, answer, decide and sign; what waits for nobody here is left out until there is something of it."""
    found = [_propose(tx, user, partnership_id, link, has_plan=has_plan)]
    found += [*_requests(tx, user, partnership_id, link), *_claims(tx, user, partnership_id, link)]
    newest = next(iter(tx.decisions.decisions(partnership_id=partnership_id)), None)
    return [
        *found,
        _decide(tx, user, partnership_id, newest, link, has_plan=has_plan),
        _sign(tx, shelf, user, partnership_id, newest, link),
    ]


def _propose(tx: Transaction, user: User, partnership_id: int, link: Link, *, has_plan: bool) -> Step:
    sent = [one for one in tx.proposals.proposals_of(partnership_id=partnership_id) if one.withdrawn_at is None]
    who = "" if user.may(Permission.PROPOSE, partnership_id) else " Heads and members of the board do this."
    return Step(
        title="Try other rules and propose",
        hint=f"See what other rules would do beside a plan, and send what is better to the board.{who}",
        href=link("proposals.proposals") if has_plan else "",
        status=count(len(sent), "proposal") if has_plan else NOT_YET,
        is_to_do=False,
    )


def _requests(tx: Transaction, user: User, partnership_id: int, link: Link) -> list[Step]:
    asked = [one for one in tx.requests.requests_of(partnership_id=partnership_id) if one.is_granted is None and may_grant(user, one)]
    if not asked:
        return []
    hint = "Somebody asks you to let a rule give way."
    return [Step(title="Answer requests", hint=hint, href=link("requests.requests"), status=f"{len(asked):,} to answer", is_to_do=True)]


def _claims(tx: Transaction, user: User, partnership_id: int, link: Link) -> list[Step]:
    waiting = [one for one in tx.moderation.claims(partnership_id=partnership_id) if one.is_waiting]
    if not waiting:
        return []
    may_decide = user.may(Permission.DECIDE_CLAIMS, partnership_id)
    hint = "Schools claimed money from the moderated pot." + ("" if may_decide else f" {BY_BOARD}")
    return [Step(title="Decide claims", hint=hint, href=link("change.claims"), status=f"{len(waiting):,} to decide", is_to_do=may_decide)]


def _decide(tx: Transaction, user: User, partnership_id: int, newest: BoardDecision | None, link: Link, *, has_plan: bool) -> Step:
    chairs = user.may(Permission.OPEN_AND_CLOSE_VOTES, partnership_id)
    hint = "Members declare their interests, comment and vote on the plans before the board."
    if newest is None:
        return Step(
            title="Decide",
            hint=f"{hint} The chair opens the decision.",
            href=link("decide.decisions") if has_plan else "",
            status="Not started" if has_plan else NOT_YET,
            is_to_do=chairs and has_plan,
        )
    who = "" if user.may(Permission.VOTE, partnership_id) else f" {BY_BOARD}"
    return Step(
        title="Decide",
        hint=f"{hint}{who} Newest: {newest.title}.",
        href=link("decide.decision", decision_id=newest.id),
        status=STATES[newest.state][0],
        is_to_do=newest.state is not VoteState.CLOSED and _waits_for(tx, user, newest, chairs=chairs),
    )


def _waits_for(tx: Transaction, user: User, decision: BoardDecision, *, chairs: bool) -> bool:
    """Whether a member's interests or vote are missing, or the vote is the chair's to open or close."""
    if not user.may(Permission.VOTE, decision.partnership_id):
        return False
    has_declared = user.user_id in {one.user_id for one in tx.decisions.interests(decision_id=decision.id)}
    if decision.state is VoteState.PREPARED:
        return chairs or not has_declared
    has_voted = user.user_id in {one.user_id for one in tx.decisions.votes(decision_id=decision.id)}
    return chairs or (user.user_id in tx.decisions.roll(decision_id=decision.id) and not has_voted)


def _sign(tx: Transaction, shelf: Shelf, user: User, partnership_id: int, newest: BoardDecision | None, link: Link) -> Step:
    may_sign = user.may(Permission.SIGN, partnership_id)
    hint = "The minutes and the plan that was carried are signed, in the order that the rules of the vote say."
    hint += "" if may_sign else f" {BY_CHAIR}"
    if newest is None or newest.carried_plan_id is None:
        return Step(title="Sign", hint=hint, href="", status=NOT_YET, is_to_do=False)
    needed = places_of(newest, carried_trusts(newest, options_of(tx, shelf, newest)))
    given = tx.decisions.signatures(decision_id=newest.id)
    missing = len(set(needed) - {(one.step, one.trust) for one in given})
    waits = f" It waits for {next_signer(needed, given)}." if missing else ""
    return Step(
        title="Sign",
        hint=f"{hint}{waits}",
        href=link("decide.sign" if may_sign and missing else "decide.decision", decision_id=newest.id),
        status=f"{len(needed) - missing} of {len(needed)} signed" if missing else "Completed",
        is_to_do=may_sign and bool(missing),
    )
