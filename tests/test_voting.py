"""Votes counted: majorities, weights, quorum, hosts; small numbers hidden."""

from fractions import Fraction

import pytest

from planner.voting import Ballot, Majority, Outcome, Say, Weighting, count_votes

A, B = 11, 12


def ballots(*says):
    """A plan, "against" or "abstain" for each voter, perhaps with their schools."""
    made = []
    for user_id, one in enumerate(says, start=1):
        what, *schools = one if isinstance(one, tuple) else (one,)
        say = Say(what) if isinstance(what, str) else Say.OPTION
        made.append(Ballot(user_id=user_id, say=say, option=what if say is Say.OPTION else None, schools=frozenset(schools)))
    return made


def count(*says, quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, hosts=None):
    return count_votes(ballots(*says), options=[A, B], quorum=quorum, majority=majority, weighting=weighting, hosts=hosts or {})


@pytest.mark.parametrize(
    ("majority", "says", "carried"),
    [
        (Majority.SIMPLE, (A, A, B), A),
        (Majority.SIMPLE, (A, B), None),
        (Majority.SIMPLE, (A, "abstain", "abstain"), A),
        (Majority.SIMPLE, (A, B, "against"), None),
        (Majority.TWO_THIRDS, (A, A, "against"), A),
        (Majority.TWO_THIRDS, (A, A, A, "against", "against"), None),
        (Majority.UNANIMITY, (A, A, "abstain"), A),
        (Majority.UNANIMITY, (A, A, "against"), None),
        (Majority.UNANIMITY, ("abstain", "abstain"), None),
        (Majority.TWO_THIRDS, ("abstain",), None),
    ],
)
def test_an_option_carries_with_its_majority_of_the_votes_cast(majority, says, carried):
    found = count(*says, majority=majority)
    assert (found.carried, found.outcome) == (carried, Outcome.CARRIED if carried else Outcome.NO_MAJORITY)


def test_abstentions_count_towards_the_quorum_and_nothing_is_carried_below_it():
    assert count(A, A, "abstain", quorum=3).outcome is Outcome.CARRIED
    below = count(A, A, quorum=3)
    assert (below.outcome, below.carried, below.most) == (Outcome.NO_QUORUM, None, A)


def test_hosts_votes_alone_carry_nothing_and_others_may_stop_them():
    hosts = {A: {1}}
    assert count((A, 1), (A, 1), hosts=hosts).outcome is Outcome.ONLY_WITH_HOSTS
    assert count((A, 1), (A, 1), (A, 2), hosts=hosts).outcome is Outcome.CARRIED
    assert count((A, 1), (A, 1), (A, 2), ("against", 3), hosts=hosts).outcome is Outcome.ONLY_WITH_HOSTS
    assert count((B, 1), (B, 1), hosts=hosts).outcome is Outcome.CARRIED, "who hosts in one option is no host of another"


def test_by_school_members_of_one_share_its_vote():
    found = count((A, 1), (B, 1), (B, 1), (A, 2), "against", weighting=Weighting.BY_SCHOOL)
    assert found.for_option == {A: Fraction(4, 3), B: Fraction(2, 3)}
    assert (found.against, found.carried) == (1, None)
    assert count((A, 1, 2), (B, 3), weighting=Weighting.BY_SCHOOL).for_option == {A: 2, B: 1}
