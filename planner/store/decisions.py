"""What the board decides on plans: rules set before, interests, comments, votes, minutes, signatures.

Rules and options change only before the vote opens; votes only while it is open; minutes only until the chair signs
them. Comments are withdrawn, never changed; declarations, minutes and signatures are only added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from planner.errors import ChangedMeanwhile
from planner.store.kinds import SignStep, VoteState
from planner.store.room import Room, columns_of
from planner.store.tables import (
    decision_comments,
    decision_interests,
    decision_minutes,
    decision_options,
    decision_roll,
    decision_signatures,
    decision_votes,
    decisions,
)
from planner.voting import Majority, Outcome, Say, Weighting


@dataclass(frozen=True, slots=True, kw_only=True)
class VotingRules:
    """How a vote is taken; ``quorum`` is how many members must vote, and ``needs_council`` whether the council or Forum must agree."""

    quorum: int
    majority: Majority
    weighting: Weighting
    needs_council: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDecision:
    """One decision. ``version`` counts the changes of its rules and state; ``carried_plan_id`` is the plan the vote carried."""

    id: int
    partnership_id: int
    title: str
    quorum: int
    majority: Majority
    weighting: Weighting
    needs_council: int
    state: VoteState
    opened_by: int
    opened_at: int
    vote_opened_by: int | None
    vote_opened_at: int | None
    closed_by: int | None
    closed_at: int | None
    outcome: Outcome | None
    carried_plan_id: int | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What somebody declared before they commented or voted. A later declaration stands beside it and counts."""

    id: int
    user_id: int
    schools: tuple[int, ...]
    other: str
    declared_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody said about a decision, or about one option of it."""

    id: int
    plan_id: int | None
    user_id: int
    text: str
    said_at: int
    withdrawn_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What a member votes, and why; the newest counts."""

    user_id: int
    say: Say
    plan_id: int | None
    reason: str
    given_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """One version of a decision's minutes."""

    version: int
    text: str
    made_by: int
    made_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature as it was recorded: the name typed, the role, the day it was given, what shows it, and the plan's fingerprint."""

    step: SignStep
    trust: str
    name: str
    role: str
    signed_on: str
    evidence: str
    plan_fingerprint: str
    minutes_version: int
    recorded_by: int
    recorded_at: int


MEANWHILE = "Somebody else has changed this decision since you opened the page: look at it, then try again."


class Decisions(Room):
    """The decisions of a partnership's board."""

    # --- a decision and its rules ---

    def open_decision(self, *, partnership_id: int, title: str, rules: VotingRules, options: Sequence[int], by: int) -> int:
        """The new decision's id."""
        made = decisions.insert().values(
            partnership_id=partnership_id, title=title, quorum=rules.quorum, majority=rules.majority, weighting=rules.weighting,
            needs_council=int(rules.needs_council), state=VoteState.PREPARED, opened_by=by, opened_at=self._now,
        )  # fmt: skip
        decision_id = int(self._connection.execute(made.returning(decisions.c.id)).scalar_one())
        self._put(partnership_id, decision_id, options)
        return decision_id

    def change(self, *, decision: BoardDecision, title: str, rules: VotingRules, options: Sequence[int]) -> None:
        """Change the rules and options before the vote. Raises ``ChangedMeanwhile`` where it was changed or its vote opened."""
        self._step(
            decision, VoteState.PREPARED, title=title, quorum=rules.quorum, majority=rules.majority, weighting=rules.weighting,
            needs_council=int(rules.needs_council),
        )  # fmt: skip
        self._put(decision.partnership_id, decision.id, options)

    def decision(self, *, partnership_id: int, decision_id: int, held: bool = False) -> BoardDecision | None:
        """One decision; ``held``: whoever changes it waits until this transaction ends."""
        query = sa.select(*columns_of(BoardDecision, decisions)).where(
            decisions.c.partnership_id == partnership_id, decisions.c.id == decision_id
        )
        return self._one(BoardDecision, query.with_for_update() if held else query)

    def decisions(self, *, partnership_id: int) -> tuple[BoardDecision, ...]:
        """Every decision, newest first."""
        query = sa.select(*columns_of(BoardDecision, decisions)).where(decisions.c.partnership_id == partnership_id)
        return self._many(BoardDecision, query.order_by(decisions.c.id.desc()))

    def about(self, *, partnership_id: int, plan_id: int) -> tuple[BoardDecision, ...]:
        """The decisions that have a plan among their options, newest first."""
        query = sa.select(*columns_of(BoardDecision, decisions)).join(decision_options, decision_options.c.decision_id == decisions.c.id)
        query = query.where(
            decisions.c.partnership_id == partnership_id,
            decision_options.c.plan_id == plan_id,
            decision_options.c.is_before_the_board == 1,
        )
        return self._many(BoardDecision, query.order_by(decisions.c.id.desc()))

    def options(self, *, decision_id: int) -> tuple[int, ...]:
        """The plans before the board, in their order."""
        query = sa.select(decision_options.c.plan_id).where(
            decision_options.c.decision_id == decision_id, decision_options.c.is_before_the_board == 1
        )
        return tuple(self._connection.execute(query.order_by(decision_options.c.plan_id)).scalars())

    # --- interests and comments ---

    def declare(self, *, decision: BoardDecision, by: int, schools: Sequence[int], other: str) -> None:
        """Keep a declaration."""
        made = decision_interests.insert().values(
            partnership_id=decision.partnership_id, decision_id=decision.id, user_id=by, schools=sorted(schools), other=other,
            declared_at=self._now,
        )  # fmt: skip
        self._connection.execute(made)

    def interests(self, *, decision_id: int) -> tuple[Interest, ...]:
        """Every declaration, oldest first: of one person's, the last counts."""
        query = sa.select(*columns_of(Interest, decision_interests)).where(decision_interests.c.decision_id == decision_id)
        rows = self._connection.execute(query.order_by(decision_interests.c.id))
        return tuple(Interest(**{**row._mapping, "schools": tuple(row.schools)}) for row in rows)  # noqa: SLF001 (public, in spite of its name)

    def comment(self, *, decision: BoardDecision, by: int, text: str, plan_id: int | None) -> int:
        """The comment's id; ``plan_id`` is the option it is about."""
        made = decision_comments.insert().values(
            partnership_id=decision.partnership_id, decision_id=decision.id, plan_id=plan_id, user_id=by, text=text, said_at=self._now,
        )  # fmt: skip
        return int(self._connection.execute(made.returning(decision_comments.c.id)).scalar_one())

    def comments(self, *, decision_id: int) -> tuple[Comment, ...]:
        """Every comment, oldest first, those withdrawn too."""
        query = sa.select(*columns_of(Comment, decision_comments)).where(decision_comments.c.decision_id == decision_id)
        return self._many(Comment, query.order_by(decision_comments.c.id))

    def withdraw(self, *, decision_id: int, comment_id: int, by: int) -> bool:
        """Withdraw one's own comment; False where it is somebody else's or withdrawn already."""
        mine = decision_comments.update().where(
            decision_comments.c.decision_id == decision_id, decision_comments.c.id == comment_id, decision_comments.c.user_id == by,
            decision_comments.c.withdrawn_at.is_(None),
        )  # fmt: skip
        return self._changed(mine.values(withdrawn_at=self._now)) == 1

    # --- the vote ---

    def open_vote(self, *, decision: BoardDecision, roll: Sequence[int], by: int) -> None:
        """Open the vote for the members on the roll. Raises ``ChangedMeanwhile`` where the decision was changed since it was read."""
        self._step(decision, VoteState.PREPARED, state=VoteState.OPEN, vote_opened_by=by, vote_opened_at=self._now)
        rows = [{"partnership_id": decision.partnership_id, "decision_id": decision.id, "user_id": user_id} for user_id in roll]
        self._connection.execute(decision_roll.insert(), rows)

    def roll(self, *, decision_id: int) -> tuple[int, ...]:
        """Who may vote: the members of the board when the vote opened."""
        query = sa.select(decision_roll.c.user_id).where(decision_roll.c.decision_id == decision_id)
        return tuple(self._connection.execute(query.order_by(decision_roll.c.user_id)).scalars())

    def vote(self, *, decision: BoardDecision, by: int, say: Say, plan_id: int | None, reason: str) -> bool:
        """Keep a vote in place of the one before; True where there was none before. Hold the decision: its vote must be open."""
        mine = (decision_votes.c.decision_id == decision.id, decision_votes.c.user_id == by)
        is_change = self._changed(decision_votes.delete().where(*mine)) == 1
        made = decision_votes.insert().values(
            decision_id=decision.id, user_id=by, say=say, plan_id=plan_id, reason=reason, given_at=self._now
        )  # fmt: skip
        self._connection.execute(made)
        return not is_change

    def votes(self, *, decision_id: int) -> tuple[Vote, ...]:
        """Every vote, in the order given."""
        query = sa.select(*columns_of(Vote, decision_votes)).where(decision_votes.c.decision_id == decision_id)
        return self._many(Vote, query.order_by(decision_votes.c.given_at, decision_votes.c.user_id))

    def close_vote(self, *, decision: BoardDecision, outcome: Outcome, carried: int | None, by: int) -> None:
        """Close the vote with its outcome. Raises ``ChangedMeanwhile`` where it is closed already."""
        self._step(
            decision, VoteState.OPEN, state=VoteState.CLOSED, closed_by=by, closed_at=self._now, outcome=outcome, carried_plan_id=carried,
        )  # fmt: skip

    # --- minutes and signatures ---

    def add_minutes(self, *, decision: BoardDecision, text: str, by: int, based_on: int) -> None:
        """Keep the next version. Raises ``ChangedMeanwhile`` where a newer one than ``based_on`` is there."""
        newest = self.minutes(decision_id=decision.id)
        if (newest[0].version if newest else 0) != based_on:
            raise ChangedMeanwhile("Somebody else has changed the minutes since you opened the page: look at them, then try again.")
        made = decision_minutes.insert().values(
            partnership_id=decision.partnership_id, decision_id=decision.id, version=based_on + 1, text=text, made_by=by, made_at=self._now,
        )  # fmt: skip
        self._connection.execute(made)

    def minutes(self, *, decision_id: int) -> tuple[Minutes, ...]:
        """Every version, newest first."""
        query = sa.select(*columns_of(Minutes, decision_minutes)).where(decision_minutes.c.decision_id == decision_id)
        return self._many(Minutes, query.order_by(decision_minutes.c.version.desc()))

    def sign(self, *, decision: BoardDecision, signature: Signature) -> None:
        """Keep a signature. Hold the decision and see first that it is the next one."""
        row = {name: getattr(signature, name) for name in Signature.__slots__} | {"recorded_at": self._now}
        made = decision_signatures.insert().values(partnership_id=decision.partnership_id, decision_id=decision.id, **row)
        self._connection.execute(made)

    def signatures(self, *, decision_id: int) -> tuple[Signature, ...]:
        """Every signature, in the order recorded."""
        query = sa.select(*columns_of(Signature, decision_signatures)).where(decision_signatures.c.decision_id == decision_id)
        return self._many(Signature, query.order_by(decision_signatures.c.id))

    # --- how ---

    def _put(self, partnership_id: int, decision_id: int, options: Sequence[int]) -> None:
        """Make these the options; one taken back stays, as comments may be about it."""
        self._changed(decision_options.update().where(decision_options.c.decision_id == decision_id).values(is_before_the_board=0))
        for plan_id in options:
            here = decision_options.update().where(decision_options.c.decision_id == decision_id, decision_options.c.plan_id == plan_id)
            if self._changed(here.values(is_before_the_board=1)) == 0:
                row = {"partnership_id": partnership_id, "decision_id": decision_id, "plan_id": plan_id, "is_before_the_board": 1}
                self._connection.execute(decision_options.insert().values(row))

    def _step(self, decision: BoardDecision, stands_at: VoteState, **values: object) -> None:
        mine = decisions.update().where(
            decisions.c.partnership_id == decision.partnership_id, decisions.c.id == decision.id,
            decisions.c.version == decision.version, decisions.c.state == stands_at,
        )  # fmt: skip
        if self._changed(mine.values({"version": decision.version + 1, **values})) == 0:
            raise ChangedMeanwhile(MEANWHILE)


# --- whose signature comes next --------------------------------------------------------------

Place = tuple[SignStep, str]
"""A signature that is needed: the step, and the trust where it is one's."""


def places_of(decision: BoardDecision, trusts: Sequence[str]) -> tuple[Place, ...]:
    """The signatures a closed decision needs, in order; where nothing was carried, the chair alone signs the minutes."""
    if decision.carried_plan_id is None:
        return ((SignStep.BOARD, ""),)
    council: tuple[Place, ...] = ((SignStep.COUNCIL, ""),) if decision.needs_council else ()
    return ((SignStep.BOARD, ""), (SignStep.FINANCE, ""), *council, *((SignStep.TRUST, trust) for trust in sorted(set(trusts))))


def missing_before(place: Place, needed: Sequence[Place], given: Sequence[Signature]) -> Place | None:
    """The signature that must come before this one and is not there; trusts wait for all others, not for one another."""
    there = {(signature.step, signature.trust) for signature in given}
    before = [one for one in needed[: needed.index(place)] if one[0] is not SignStep.TRUST]
    return next((one for one in before if one not in there), None)


def is_decided(decision: BoardDecision, given: Sequence[Signature]) -> bool:
    """Whether a plan was carried and signed by the board, the finance officer, and the council where it must; trusts bind themselves."""
    there = {(signature.step, signature.trust) for signature in given}
    return decision.carried_plan_id is not None and set(places_of(decision, ())) <= there
