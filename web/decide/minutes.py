"""Minutes: drafted from what happened, as plain text in parts, each under its heading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.effects import effects_sentences
from planner.store import Transaction
from planner.store.decisions import BoardDecision
from web.decide.result import (
    ballots_of,
    choice_said,
    counted,
    dissents,
    hosting,
    hosts_for,
    latest,
    result_said,
    rules_said,
    votes_said,
)
from web.names import name_of, partnership_name, school_name
from web.shelf import KeptPlan
from web.words import listed, moment, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the minutes."""

    heading: str
    lines: tuple[str, ...]


def parts_of(text: str) -> tuple[Part, ...]:
    """The parts of a text: a blank line begins one, and its first line is the heading."""
    blocks = [block.strip().split("\n") for block in text.split("\n\n") if block.strip()]
    return tuple(Part(heading=block[0], lines=tuple(block[1:])) for block in blocks)


def draft(tx: Transaction, decision: BoardDecision, options: Mapping[int, KeptPlan], names: dict[int, str]) -> str:
    """The minutes of a closed vote, from what is kept of it."""
    assert decision.closed_at is not None
    assert decision.vote_opened_at is not None
    votes, interests = tx.decisions.votes(decision_id=decision.id), tx.decisions.interests(decision_id=decision.id)
    roll, tally = tx.decisions.roll(decision_id=decision.id), counted(tx, decision, options)
    voted = {vote.user_id for vote in votes}

    def who(user_id: int) -> str:
        return name_of(tx, user_id)

    parts = {
        decision.title: [
            f"{partnership_name(tx, decision.partnership_id)}, decision {decision.id}.",
            f"Vote opened {moment(decision.vote_opened_at)}, closed {moment(decision.closed_at)} by {who(decision.closed_by or 0)}.",
        ],
        "Present and voting": [who(user_id) for user_id in roll if user_id in voted] or ["Nobody."],
        "Did not vote": [who(user_id) for user_id in roll if user_id not in voted] or ["Nobody."],
        "Interests declared": [
            f"{who(one.user_id)}: {schools_said(names, one.schools)}. Other interests: {_one_line(one.other)}"
            for one in latest(interests).values()
        ] or ["None was declared."],
        "Options": [_option(plan_id, kept.fingerprint, hosts=[school_name(names, urn) for urn in sorted(hosting(kept))])
                    for plan_id, kept in options.items()],
        "Effects on equality": [
            f"Plan {plan_id}: {' '.join(effects_sentences(kept.facts.ledgers))}"
            for plan_id, kept in options.items()
        ],
        "Rules, set before the vote": [f"{label}: {text}" for label, text in rules_said(decision)],
        "Comments": [
            f"{who(one.user_id)}, {moment(one.said_at)}, on {'the decision' if one.plan_id is None else f'plan {one.plan_id}'}: "
            + ("withdrawn" if one.withdrawn_at is not None else f"\u201c{_one_line(one.text)}\u201d")
            for one in tx.decisions.comments(decision_id=decision.id)
        ] or ["None." if decision.carried_plan_id is not None else "Nothing was carried, so nobody dissents from it; reasons stand under Votes."],
        "Votes": [
            f"{who(vote.user_id)}: {choice_said(vote.say, vote.plan_id).lower()}" + (f". \u201c{_one_line(vote.reason)}\u201d" if vote.reason else "")
            for vote in votes
        ] or ["None." if decision.carried_plan_id is not None else "Nothing was carried, so nobody dissents from it; reasons stand under Votes."],
        "Result": [
            result_said(decision, tally, len(roll), hosts_for(tally, ballots_of(votes, interests), options)),
            "; ".join(f"{label}: {number}" for label, number in votes_said(tally)) + ".",
        ],
        "Dissent, word for word": [
            f"{who(vote.user_id)}, for {choice_said(vote.say, vote.plan_id).lower()}: "
            .replace("for against", "against") + (f"\u201c{_one_line(vote.reason)}\u201d" if vote.reason else "no reason was given.")
            for vote in dissents(votes, decision)
        ] or ["None." if decision.carried_plan_id is not None else "Nothing was carried, so nobody dissents from it; reasons stand under Votes."],
    }  # fmt: skip
    return "\n\n".join("\n".join([heading, *lines]) for heading, lines in parts.items())


def schools_said(names: dict[int, str], urns: tuple[int, ...]) -> str:
    """The schools somebody declared."""
    return upper_first(listed([school_name(names, urn) for urn in urns])) if urns else "Belongs to no school here"


def _option(plan_id: int, fingerprint: str, *, hosts: list[str]) -> str:
    return f"Plan {plan_id}, fingerprint {fingerprint[:16]}. Schools that host a base in it: {listed(hosts) if hosts else 'none'}."


def _one_line(text: str) -> str:
    return " ".join(text.split())
