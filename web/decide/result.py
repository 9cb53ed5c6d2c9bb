"""A vote, counted and put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from planner.store import Transaction
from planner.store.decisions import BoardDecision, Interest, Vote
from planner.voting import Ballot, Count, Majority, Outcome, Say, Weighting, count_votes, hosts_of
from web.shelf import KeptPlan, Shelf
from web.words import count

HOST_RULE = (
    "No host carries a plan alone: an option must have its majority among all votes, and again without the votes of members whose school "
    "hosts a base in that option."
)
OF_THE_VOTES = {Majority.SIMPLE: "more than half", Majority.TWO_THIRDS: "at least two-thirds", Majority.UNANIMITY: "all"}


def hosting(kept: KeptPlan) -> frozenset[int]:
    """The schools that host a base that runs in a plan."""
    sizes = kept.facts.amounts.base_sizes
    return frozenset(base.host_urn for base in kept.facts.partnership.bases if sizes.get(base.base_id, 0))


def latest(interests: Sequence[Interest]) -> dict[int, Interest]:
    """Person -> the declaration that counts."""
    return {one.user_id: one for one in interests}


def ballots_of(votes: Sequence[Vote], interests: Sequence[Interest]) -> tuple[Ballot, ...]:
    """The votes with the schools that their voters declared."""
    declared = latest(interests)
    return tuple(
        Ballot(user_id=vote.user_id, say=vote.say, option=vote.plan_id, schools=frozenset(declared[vote.user_id].schools)) for vote in votes
    )


def options_of(tx: Transaction, shelf: Shelf, decision: BoardDecision) -> dict[int, KeptPlan]:
    """The plans before the board, audited, in their order."""
    found = {plan_id: shelf.plan(decision.partnership_id, plan_id) for plan_id in tx.decisions.options(decision_id=decision.id)}
    return {plan_id: kept for plan_id, kept in found.items() if kept is not None}


def counted(tx: Transaction, decision: BoardDecision, options: Mapping[int, KeptPlan]) -> Count:
    """The vote by its own rules, from what is kept: nothing of it changes once the vote is closed."""
    votes, interests = tx.decisions.votes(decision_id=decision.id), tx.decisions.interests(decision_id=decision.id)
    return count_votes(
        ballots_of(votes, interests), options=list(options), quorum=decision.quorum, majority=decision.majority,
        weighting=decision.weighting, hosts={plan_id: hosting(kept) for plan_id, kept in options.items()},
    )  # fmt: skip


def rules_said(decision: BoardDecision) -> tuple[tuple[str, str], ...]:
    """The rules of a vote: label and sentence."""
    weighs = (
        "One vote for each member."
        if decision.weighting is Weighting.ONE_EACH
        else "One vote for each school: members of the same school share it equally, and who belongs to none has one of their own."
    )
    return (
        ("Members who must vote", f"At least {decision.quorum:,}, abstentions included."),
        ("What an option needs", f"{OF_THE_VOTES[decision.majority].capitalize()} of the votes; abstentions are left out."),
        ("What a vote weighs", weighs),
        ("Hosts", HOST_RULE),
        (
            "Council or Schools Forum",
            "Must agree, after the board and the finance officer." if decision.needs_council else "Need not agree.",
        ),
    )


def result_said(decision: BoardDecision, tally: Count, roll: int, hosts_for: int) -> str:
    """How a closed vote ended; ``hosts_for`` is how many who voted for the leading option are hosts in it."""
    given = f"{tally.given:,} of {count(roll, 'member')} voted"
    if decision.outcome is Outcome.NO_QUORUM:
        return f"Nothing is decided: {given}, and at least {decision.quorum:,} must. A new decision can be opened once more can take part."
    if decision.outcome is Outcome.NO_MAJORITY:
        return (
            f"No option is carried: {given}, and none has {OF_THE_VOTES[decision.majority]} of the votes. "
            "A new decision can be opened, with other options or after more talk."
        )
    if decision.outcome is Outcome.ONLY_WITH_HOSTS:
        return (
            f"No option is carried: {given}. Plan {tally.most} has {OF_THE_VOTES[decision.majority]} of the votes only with "
            f"{count(hosts_for, 'member')} whose school hosts a base in it. It carries once it has it without them too."
        )
    return f"Plan {decision.carried_plan_id} is carried: {given}, and it has {OF_THE_VOTES[decision.majority]} of the votes, also without those of its hosts."


def hosts_for(tally: Count, ballots: Sequence[Ballot], options: Mapping[int, KeptPlan]) -> int:
    """How many who voted for the leading option belong to a school that hosts in it."""
    if tally.most is None or tally.most not in options:
        return 0
    hosts = hosts_of(ballots, hosting(options[tally.most]))
    return sum(ballot.user_id in hosts and ballot.option == tally.most for ballot in ballots)


def votes_said(tally: Count) -> tuple[tuple[str, str], ...]:
    """What each choice has, in votes."""
    return (
        *((f"Plan {plan_id}", as_votes(votes)) for plan_id, votes in tally.for_option.items()),
        ("Against all options", as_votes(tally.against)),
        ("Abstained", as_votes(tally.abstained)),
    )


def as_votes(votes: Fraction) -> str:
    """Votes as a whole number and a fraction: 2 1/3."""
    whole, part = divmod(votes, 1)
    return " ".join([*([f"{whole:,}"] if whole or not part else []), *([str(part)] if part else [])])


def choice_said(say: Say, plan_id: int | None) -> str:
    """A vote in words."""
    return f"Plan {plan_id}" if say is Say.OPTION else "Against all options" if say is Say.AGAINST else "Abstained"


def dissents(votes: Sequence[Vote], decision: BoardDecision) -> tuple[Vote, ...]:
    """The votes for something else than what was carried; none where nothing was."""
    if decision.carried_plan_id is None:
        return ()
    return tuple(vote for vote in votes if vote.say is Say.AGAINST or (vote.say is Say.OPTION and vote.plan_id != decision.carried_plan_id))
