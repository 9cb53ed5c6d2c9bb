"""How a board's vote is counted: quorum, majority, weights, and that hosts do not carry a plan on their own.

The majority is taken of the votes for an option and against all options; abstentions count for the quorum only.
A member whose school hosts a base in an option is a *host* of it. An option carries only where it has the majority
twice: among all votes, and again with the votes of its hosts left out (``domain.md`` 11, interests).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Majority(StrEnum):
    """The share of the votes that an option needs."""

    SIMPLE = "simple"
    TWO_THIRDS = "two_thirds"
    UNANIMITY = "unanimity"


class Weighting(StrEnum):
    """What a member's vote weighs."""

    ONE_EACH = "one_each"
    BY_SCHOOL = "by_school"


class Say(StrEnum):
    """What a member votes."""

    OPTION = "option"
    AGAINST = "against"
    ABSTAIN = "abstain"


class Outcome(StrEnum):
    """How a vote ended."""

    CARRIED = "carried"
    NO_QUORUM = "no_quorum"
    NO_MAJORITY = "no_majority"
    ONLY_WITH_HOSTS = "only_with_hosts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One member's vote and the schools they belong to; ``option`` is the plan where they vote for one."""

    user_id: int
    say: Say
    option: int | None
    schools: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a vote came to. Weights are in votes; ``carried`` is the plan that has the majority and may carry."""

    outcome: Outcome
    carried: int | None
    most: int | None
    given: int
    for_option: Mapping[int, Fraction]
    against: Fraction
    abstained: Fraction
    weights: Mapping[int, Fraction]


def hosts_of(ballots: Sequence[Ballot], urns: Collection[int]) -> frozenset[int]:
    """The voters who belong to one of the schools that host."""
    return frozenset(ballot.user_id for ballot in ballots if ballot.schools & set(urns))


def weights_of(ballots: Sequence[Ballot], weighting: Weighting) -> dict[int, Fraction]:
    """Voter -> votes. By school, those of one school share its one vote; who belongs to none has one of their own."""
    if weighting is Weighting.ONE_EACH:
        return {ballot.user_id: Fraction(1) for ballot in ballots}
    voters = Counter(urn for ballot in ballots for urn in ballot.schools)
    return {
        ballot.user_id: sum((Fraction(1, voters[urn]) for urn in ballot.schools), Fraction(0)) if ballot.schools else Fraction(1)
        for ballot in ballots
    }


def count_votes(
    ballots: Sequence[Ballot],
    *,
    options: Sequence[int],
    quorum: int,
    majority: Majority,
    weighting: Weighting,
    hosts: Mapping[int, Collection[int]],
) -> Count:
    """Count a vote. ``quorum`` is how many members must vote; ``hosts`` says the schools that host in each option."""
    weights = weights_of(ballots, weighting)
    for_option = {option: _sum(ballots, weights, option) for option in options}
    leading = next((o for o in options if _has(majority, ballots, weights, o)), None)
    alone = hosts_of(ballots, hosts.get(leading, ())) if leading is not None else frozenset()
    others = [ballot for ballot in ballots if ballot.user_id not in alone]
    if len(ballots) < quorum:
        outcome = Outcome.NO_QUORUM
    elif leading is None:
        outcome = Outcome.NO_MAJORITY
    elif not _has(majority, others, weights, leading):
        outcome = Outcome.ONLY_WITH_HOSTS
    else:
        outcome = Outcome.CARRIED
    return Count(
        outcome=outcome,
        carried=leading if outcome is Outcome.CARRIED else None,
        most=leading,
        given=len(ballots),
        for_option=for_option,
        against=sum((weights[b.user_id] for b in ballots if b.say is Say.AGAINST), Fraction(0)),
        abstained=sum((weights[b.user_id] for b in ballots if b.say is Say.ABSTAIN), Fraction(0)),
        weights=weights,
    )


def _has(majority: Majority, ballots: Sequence[Ballot], weights: Mapping[int, Fraction], option: int) -> bool:
    cast = sum((weights[b.user_id] for b in ballots if b.say is not Say.ABSTAIN), Fraction(0))
    mine = _sum(ballots, weights, option)
    if majority is Majority.SIMPLE:
        return 2 * mine > cast
    return mine > 0 and (3 * mine >= 2 * cast if majority is Majority.TWO_THIRDS else mine == cast)


def _sum(ballots: Sequence[Ballot], weights: Mapping[int, Fraction], option: int) -> Fraction:
    return sum((weights[b.user_id] for b in ballots if b.say is Say.OPTION and b.option == option), Fraction(0))
