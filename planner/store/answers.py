"""Answers about plans: what the worker finds out once a plan is made, one row each, queued in the database as runs are.

An answer is claimed for a lease and a fence like a run (``planner.store.runs``), so that none is lost and none is
worked out twice. It comes after every run: while one waits, no answer is claimed, and whoever works on one lets go of
it. What somebody asked for (why, of a school; a re-plan after a change) comes before what is worked out for every plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from planner.certificate import MOST_SCHOOLS
from planner.documents import Json, sha256_of
from planner.store.kinds import AnswerKind, AnswerState, RunState
from planner.store.room import Room, columns_of
from planner.store.tables import answers, roster_versions, runs

LEASE = 30_000
MOST_ATTEMPTS = 3
WHEN_ASKED = (AnswerKind.WHY, AnswerKind.REPLAN)
"""Only when somebody asks, and then first."""
OF_EVERY_PLAN = tuple(kind for kind in AnswerKind if kind not in WHEN_ASKED)
"""In this order."""
GAVE_UP = f"The planner stopped {MOST_ATTEMPTS} times while it worked this out, so it was given up."


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """How one answer stands. ``urn`` is 0 where it is about the whole plan, ``asked`` the change of a re-plan; ``reason`` is a sentence where it failed."""

    id: int
    partnership_id: int
    plan_id: int
    kind: AnswerKind
    urn: int
    asked: Json | None
    asked_by: int | None
    asked_at: int
    state: AnswerState
    attempts: int
    fence: int
    worker: str | None
    claimed_at: int | None
    ended_at: int | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(AnswerRow):
    """An answer with its document, None until it is finished."""

    document: Json | None


class Answers(Room):
    """The answers, and the queue of those that are to be worked out."""

    # --- what a person asks ---

    def ask(self, *, partnership_id: int, plan_id: int, kind: AnswerKind, urn: int = 0, by: int | None = None) -> bool:
        """Have one worked out, again where it failed; False where it waits, is at work or is there."""
        asked = {"asked_by": by, "asked_at": self._now, "state": AnswerState.QUEUED}
        key = {"partnership_id": partnership_id, "plan_id": plan_id, "kind": kind, "urn": urn}
        if self._insert_unless_there(answers, **key, **asked) is not None:
            return True
        has_failed = (*(answers.c[name] == value for name, value in key.items()), answers.c.state == AnswerState.FAILED)
        again = answers.update().where(*has_failed).values(**asked, attempts=0, reason=None, ended_at=None)
        return self._changed(again) == 1

    def ask_replan(self, *, partnership_id: int, plan_id: int, change: Json, by: int) -> tuple[int, bool]:
        """Have a plan made again after a change: the answer's id, and whether it is new or tried again. The same change is asked once."""
        key = sha256_of(change)
        asked = {"asked_by": by, "asked_at": self._now, "state": AnswerState.QUEUED}
        which = {"partnership_id": partnership_id, "plan_id": plan_id, "kind": AnswerKind.REPLAN, "urn": 0, "key": key}
        new = self._insert_unless_there(answers, **which, **asked, asked=change)
        if new is not None:
            return new, True
        here = tuple(answers.c[name] == value for name, value in which.items())
        again = answers.update().where(*here, answers.c.state == AnswerState.FAILED)
        is_again = self._changed(again.values(**asked, attempts=0, reason=None, ended_at=None)) == 1
        return int(self._connection.execute(sa.select(answers.c.id).where(*here)).scalar_one()), is_again

    def replans_waiting(self, *, partnership_id: int, by: int) -> int:
        """How many re-plans that somebody asked for are not worked out yet."""
        is_going = answers.c.state.in_((AnswerState.QUEUED, AnswerState.RUNNING))
        which = (answers.c.partnership_id == partnership_id, answers.c.kind == AnswerKind.REPLAN, answers.c.asked_by == by, is_going)
        return int(self._connection.execute(sa.select(sa.func.count()).where(*which)).scalar_one())

    def replan(self, *, partnership_id: int, plan_id: int, answer_id: int) -> Answer | None:
        """One re-plan of a plan, with its document."""
        which = (*_of(partnership_id, plan_id), answers.c.id == answer_id, answers.c.kind == AnswerKind.REPLAN)
        return self._one(Answer, sa.select(*columns_of(Answer, answers)).where(*which))

    def replans(self, *, partnership_id: int, plan_id: int) -> tuple[AnswerRow, ...]:
        """How every re-plan of a plan stands, in the order they were asked for."""
        which = (*_of(partnership_id, plan_id), answers.c.kind == AnswerKind.REPLAN)
        return self._many(AnswerRow, sa.select(*columns_of(AnswerRow, answers)).where(*which).order_by(answers.c.id))

    def replan_file(self, *, partnership_id: int, plan_id: int, answer_id: int) -> bytes | None:
        """The plans that were kept with a re-plan, as its worker wrote them."""
        which = (*_of(partnership_id, plan_id), answers.c.id == answer_id, answers.c.kind == AnswerKind.REPLAN)
        found: bytes | None = self._connection.execute(sa.select(answers.c.file).where(*which)).scalar_one_or_none()
        return found

    def ask_all(self, *, partnership_id: int, plan_id: int, kinds: tuple[AnswerKind, ...] = OF_EVERY_PLAN, by: int | None = None) -> int:
        """Have worked out what belongs to every plan, or some ``kinds`` of it; says how many are new or tried again."""
        return sum(self.ask(partnership_id=partnership_id, plan_id=plan_id, kind=kind, by=by) for kind in kinds)

    def answer(self, *, partnership_id: int, plan_id: int, kind: AnswerKind, urn: int = 0) -> Answer | None:
        """One answer with its document."""
        which = (*_of(partnership_id, plan_id), answers.c.kind == kind, answers.c.urn == urn)
        return self._one(Answer, sa.select(*columns_of(Answer, answers)).where(*which))

    def of_kinds(self, *, partnership_id: int, plan_id: int, with_document: tuple[AnswerKind, ...]) -> dict[AnswerKind, Answer]:
        """Every answer about the whole plan; only those of some kinds with their documents, the others' are not read."""
        document = sa.case((answers.c.kind.in_(with_document), answers.c.document), else_=None).label("document")
        query = sa.select(*columns_of(AnswerRow, answers), document).where(
            *_of(partnership_id, plan_id), answers.c.urn == 0, answers.c.key == ""
        )
        return {answer.kind: answer for answer in self._many(Answer, query)}

    def answers(self, *, partnership_id: int, plan_id: int) -> tuple[AnswerRow, ...]:
        """How every answer about a plan stands, in the order they were first asked for."""
        query = sa.select(*columns_of(AnswerRow, answers)).where(*_of(partnership_id, plan_id))
        return self._many(AnswerRow, query.order_by(answers.c.id))

    def has_file(self, *, partnership_id: int, plan_id: int, kind: AnswerKind) -> bool:
        """Whether a file was kept with an answer about the whole plan."""
        which = (*_of(partnership_id, plan_id), answers.c.kind == kind, answers.c.urn == 0, answers.c.file.is_not(None))
        return self._connection.execute(sa.select(answers.c.id).where(*which)).first() is not None

    def file(self, *, partnership_id: int, plan_id: int, kind: AnswerKind) -> bytes | None:
        """The file that was kept with an answer about the whole plan."""
        which = (*_of(partnership_id, plan_id), answers.c.kind == kind, answers.c.urn == 0)
        found: bytes | None = self._connection.execute(sa.select(answers.c.file).where(*which)).scalar_one_or_none()
        return found

    # --- what a worker does ---

    def claim_next(self, *, worker: str, lease: int = LEASE) -> AnswerRow | None:
        """The answer whose turn it is, now this worker's; None where none waits, or a run does.

        What somebody asked for first, then of the partnership served longest ago, its newest plan first.
        """
        self._give_up()
        if self._is_run_waiting():
            return None
        other = answers.alias("other")
        served = sa.select(sa.func.coalesce(sa.func.max(other.c.claimed_at), 0)).where(other.c.partnership_id == answers.c.partnership_id)
        turn = (
            answers.c.kind.not_in(WHEN_ASKED),
            served.correlate(answers).scalar_subquery(),
            answers.c.plan_id.desc(),
            answers.c.id,
        )
        first = sa.select(answers.c.id).where(self._may_be_claimed()).order_by(*turn).limit(1)
        answer_id = self._connection.execute(first.with_for_update(of=answers, skip_locked=True)).scalar_one_or_none()
        if answer_id is None:
            return None
        claimed = answers.update().where(answers.c.id == answer_id)
        self._connection.execute(
            claimed.values(
                state=AnswerState.RUNNING,
                attempts=answers.c.attempts + 1,
                fence=answers.c.fence + 1,
                worker=worker,
                claimed_at=self._now,
                lease_until=self._now + lease,
            )
        )
        return self._one(AnswerRow, sa.select(*columns_of(AnswerRow, answers)).where(answers.c.id == answer_id))

    def beat(self, answer: AnswerRow, *, lease: int = LEASE) -> bool:
        """Keep the claim for another ``lease`` milliseconds."""
        return self._hold(answer, lease_until=self._now + lease)

    def is_held(self, answer: AnswerRow) -> bool:
        """Whether the answer is still this worker's."""
        query = sa.select(answers.c.id).where(*_is_held(answer))
        return self._connection.execute(query).first() is not None

    def must_give_way(self, answer: AnswerRow) -> bool:
        """Whether a run waits, or, where nobody asked for this one, an answer or a roster that somebody asked for."""
        if self._is_run_waiting():
            return True
        if answer.kind in WHEN_ASKED:
            return False
        if self._connection.execute(sa.select(roster_versions.c.id).where(roster_versions.c.state == AnswerState.QUEUED).limit(1)).first():
            return True
        asked = sa.select(answers.c.id).where(self._may_be_claimed(), answers.c.kind.in_(WHEN_ASKED)).limit(1)
        return self._connection.execute(asked).first() is not None

    def finish(self, answer: AnswerRow, *, document: Json, file: bytes | None = None) -> bool:
        """End it with what was found, and perhaps a file that may be taken away."""
        return self._end(answer, AnswerState.FINISHED, document=document, file=file)

    def fail(self, answer: AnswerRow, *, reason: str) -> bool:
        """End it without an answer; the reason is one sentence for a person."""
        return self._end(answer, AnswerState.FAILED, reason=reason)

    def give_back(self, answer: AnswerRow) -> bool:
        """Let go of it for later: it gave way, or the worker is asked to end. It does not count as an attempt."""
        return self._hold(answer, state=AnswerState.QUEUED, lease_until=None, attempts=answers.c.attempts - 1)

    # --- how ---

    def _end(self, answer: AnswerRow, ending: AnswerState, **values: Any) -> bool:
        return self._hold(answer, state=ending, lease_until=None, ended_at=self._now, **values)

    def _hold(self, answer: AnswerRow, **values: Any) -> bool:
        return self._changed(answers.update().where(*_is_held(answer)).values(**values)) == 1

    def _may_be_claimed(self) -> sa.ColumnElement[bool]:
        has_run_out = sa.and_(answers.c.state == AnswerState.RUNNING, answers.c.lease_until <= self._now)
        return sa.or_(answers.c.state == AnswerState.QUEUED, has_run_out)

    def _is_run_waiting(self) -> bool:
        has_run_out = sa.and_(runs.c.state == RunState.RUNNING, runs.c.lease_until <= self._now)
        waiting = sa.select(runs.c.id).where(sa.or_(runs.c.state == RunState.QUEUED, has_run_out)).limit(1)
        return self._connection.execute(waiting).first() is not None

    def _give_up(self) -> None:
        """End the answers whose workers died too often."""
        is_hopeless = (answers.c.state == AnswerState.RUNNING, answers.c.lease_until <= self._now, answers.c.attempts >= MOST_ATTEMPTS)
        ended = answers.update().where(*is_hopeless)
        self._changed(ended.values(state=AnswerState.FAILED, lease_until=None, ended_at=self._now, reason=GAVE_UP))


def kinds_of_plan(*, schools: int) -> tuple[AnswerKind, ...]:
    """What belongs to a plan of so many schools: for more than a certificate can hold, all but that."""
    return OF_EVERY_PLAN if schools <= MOST_SCHOOLS else tuple(kind for kind in OF_EVERY_PLAN if kind is not AnswerKind.CERTIFICATE)


def ask_for_new_plan(connection: sa.Connection, *, partnership_id: int, plan_id: int, schools: int, now: int) -> None:
    """Queue what belongs to every plan of so many schools, in the transaction that keeps a new one."""
    asked = {"partnership_id": partnership_id, "plan_id": plan_id, "asked_at": now, "state": AnswerState.QUEUED}
    connection.execute(answers.insert(), [{**asked, "kind": kind} for kind in kinds_of_plan(schools=schools)])


def _of(partnership_id: int, plan_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (answers.c.partnership_id == partnership_id, answers.c.plan_id == plan_id)


def _is_held(answer: AnswerRow) -> tuple[sa.ColumnElement[bool], ...]:
    return (answers.c.id == answer.id, answers.c.fence == answer.fence, answers.c.state == AnswerState.RUNNING)
