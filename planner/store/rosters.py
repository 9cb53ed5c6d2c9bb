"""Rosters of a plan that service managers ask for, one version each; which of them people work by; half-days delivered.

A version is claimed for a lease and a fence like an answer (``planner.store.answers``) and never changes once it has
ended. It comes after every run and before every answer. What is entered as delivered stands beside what was before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from planner.documents import Json
from planner.errors import ChangedMeanwhile
from planner.store.answers import GAVE_UP, LEASE, MOST_ATTEMPTS
from planner.store.kinds import AnswerState, RunState
from planner.store.room import Room, columns_of
from planner.store.tables import delivered_half_days, partnerships, roster_choices, roster_versions, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterVersion:
    """A roster that was asked for. ``based_on`` is the version it changes, None for the plan's own names."""

    id: int
    partnership_id: int
    plan_id: int
    based_on: int | None
    note: str
    request: Json
    asked_by: int
    asked_at: int
    state: AnswerState
    attempts: int
    fence: int
    ended_at: int | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRoster(RosterVersion):
    """A version with its roster, None until it is finished."""

    document: Json | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChoice:
    """Somebody put a version (None: the plan's own names) to work. The newest choice counts."""

    id: int
    version_id: int | None
    chosen_by: int
    chosen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredRow:
    """Half-days that a person gave a school or zone in a half-term (1-6), as last entered."""

    id: int
    person_id: str
    recipient: str
    half_term: int
    half_days: int
    entered_by: int
    entered_at: int


class Rosters(Room):
    """The rosters of plans, and the queue of those that are to be made."""

    # --- what a person asks ---

    def ask(self, *, partnership_id: int, plan_id: int, request: Json, note: str, by: int, based_on: int | None) -> int:
        """Have a roster made; the version's id."""
        asked = roster_versions.insert().values(
            partnership_id=partnership_id, plan_id=plan_id, request=request, note=note, asked_by=by, asked_at=self._now, based_on=based_on,
            state=AnswerState.QUEUED,
        )  # fmt: skip
        return int(self._connection.execute(asked.returning(roster_versions.c.id)).scalar_one())

    def version(self, *, partnership_id: int, plan_id: int, version_id: int) -> StoredRoster | None:
        """One version with its roster."""
        which = (*_of(roster_versions, partnership_id, plan_id), roster_versions.c.id == version_id)
        return self._one(StoredRoster, sa.select(*columns_of(StoredRoster, roster_versions)).where(*which))

    def versions(self, *, partnership_id: int, plan_id: int) -> tuple[RosterVersion, ...]:
        """Every version of a plan, newest first."""
        query = sa.select(*columns_of(RosterVersion, roster_versions)).where(*_of(roster_versions, partnership_id, plan_id))
        return self._many(RosterVersion, query.order_by(roster_versions.c.id.desc()))

    def waiting(self, *, partnership_id: int, by: int) -> int:
        """How many rosters that somebody asked for are still to be made."""
        v = roster_versions
        is_going = v.c.state.in_((AnswerState.QUEUED, AnswerState.RUNNING))
        which = (v.c.partnership_id == partnership_id, v.c.asked_by == by, is_going)
        return int(self._connection.execute(sa.select(sa.func.count()).where(*which)).scalar_one())

    def choose(self, *, partnership_id: int, plan_id: int, version_id: int | None, by: int, instead_of: int) -> None:
        """Put a version to work. Raises ``ChangedMeanwhile`` where another choice came after ``instead_of`` (0: none)."""
        self._hold_partnership(partnership_id)
        now = self.choice(partnership_id=partnership_id, plan_id=plan_id)
        if (0 if now is None else now.id) != instead_of:
            raise ChangedMeanwhile
        values = {"partnership_id": partnership_id, "plan_id": plan_id, "version_id": version_id, "chosen_by": by, "chosen_at": self._now}
        self._connection.execute(roster_choices.insert().values(**values))

    def choice(self, *, partnership_id: int, plan_id: int) -> RosterChoice | None:
        """The roster that people work by; None where nobody chose."""
        query = sa.select(*columns_of(RosterChoice, roster_choices)).where(*_of(roster_choices, partnership_id, plan_id))
        return self._one(RosterChoice, query.order_by(roster_choices.c.id.desc()).limit(1))

    # --- what was delivered ---

    def enter_delivered(
        self, *, partnership_id: int, plan_id: int, person_id: str, half_term: int, half_days: Mapping[str, int], by: int, seen: int
    ) -> int:
        """Keep what a person delivered, by recipient; says how many figures are new.

        Raises ``ChangedMeanwhile`` where somebody entered something for the person and half-term after the row ``seen`` (0: none).
        """
        self._hold_partnership(partnership_id)
        here = [
            row
            for row in self.delivered(partnership_id=partnership_id, plan_id=plan_id)
            if (row.person_id, row.half_term) == (person_id, half_term)
        ]
        if max((row.id for row in here), default=0) != seen:
            raise ChangedMeanwhile
        before = {row.recipient: row.half_days for row in here}
        new = [
            {
                "partnership_id": partnership_id, "plan_id": plan_id, "person_id": person_id, "recipient": recipient, "half_term": half_term,
                "half_days": n, "entered_by": by, "entered_at": self._now,
            }
            for recipient, n in half_days.items()
            if before.get(recipient) != n
        ]  # fmt: skip
        if new:
            self._connection.execute(delivered_half_days.insert(), new)
        return len(new)

    def delivered(self, *, partnership_id: int, plan_id: int) -> tuple[DeliveredRow, ...]:
        """What was delivered of a plan, each figure as last entered."""
        d = delivered_half_days
        newest = (
            sa.select(sa.func.max(d.c.id)).where(*_of(d, partnership_id, plan_id)).group_by(d.c.person_id, d.c.recipient, d.c.half_term)
        )
        return self._many(DeliveredRow, sa.select(*columns_of(DeliveredRow, d)).where(d.c.id.in_(newest)).order_by(d.c.id))

    # --- what a worker does ---

    def claim_next(self, *, worker: str, lease: int = LEASE) -> RosterVersion | None:
        """The version whose turn it is, now this worker's; None where none waits, or a run does."""
        v = roster_versions
        has_run_out = sa.and_(v.c.state == AnswerState.RUNNING, v.c.lease_until <= self._now)
        ended = {"state": AnswerState.FAILED, "lease_until": None, "ended_at": self._now, "reason": GAVE_UP}
        self._changed(v.update().where(has_run_out, v.c.attempts >= MOST_ATTEMPTS).values(**ended))
        if self._is_run_waiting():
            return None
        first = sa.select(v.c.id).where(sa.or_(v.c.state == AnswerState.QUEUED, has_run_out)).order_by(v.c.id).limit(1)
        version_id = self._connection.execute(first.with_for_update(of=v, skip_locked=True)).scalar_one_or_none()
        if version_id is None:
            return None
        claimed = {
            "state": AnswerState.RUNNING, "attempts": v.c.attempts + 1, "fence": v.c.fence + 1, "worker": worker, "claimed_at": self._now,
            "lease_until": self._now + lease,
        }  # fmt: skip
        self._connection.execute(v.update().where(v.c.id == version_id).values(**claimed))
        return self._one(RosterVersion, sa.select(*columns_of(RosterVersion, v)).where(v.c.id == version_id))

    def is_held(self, version: RosterVersion) -> bool:
        """Whether the version is still this worker's."""
        return self._connection.execute(sa.select(roster_versions.c.id).where(*_is_held(version))).first() is not None

    def beat(self, version: RosterVersion, *, lease: int = LEASE) -> bool:
        """Keep the claim for another ``lease`` milliseconds."""
        return self._hold(version, lease_until=self._now + lease)

    def must_give_way(self, _: RosterVersion) -> bool:
        """Whether a run waits."""
        return self._is_run_waiting()

    def finish(self, version: RosterVersion, *, document: Json) -> bool:
        """End it with its roster."""
        return self._hold(version, state=AnswerState.FINISHED, lease_until=None, ended_at=self._now, document=document)

    def fail(self, version: RosterVersion, *, reason: str) -> bool:
        """End it without a roster; the reason is a sentence for a person."""
        return self._hold(version, state=AnswerState.FAILED, lease_until=None, ended_at=self._now, reason=reason)

    def give_back(self, version: RosterVersion) -> bool:
        """Let go of it for later. It does not count as an attempt."""
        return self._hold(version, state=AnswerState.QUEUED, lease_until=None, attempts=roster_versions.c.attempts - 1)

    # --- how ---

    def _hold(self, version: RosterVersion, **values: Any) -> bool:
        return self._changed(roster_versions.update().where(*_is_held(version)).values(**values)) == 1

    def _hold_partnership(self, partnership_id: int) -> None:
        """Of two at once, the second waits for the first and sees what it did."""
        self._connection.execute(sa.select(partnerships.c.id).where(partnerships.c.id == partnership_id).with_for_update())

    def _is_run_waiting(self) -> bool:
        has_run_out = sa.and_(runs.c.state == RunState.RUNNING, runs.c.lease_until <= self._now)
        waiting = sa.select(runs.c.id).where(sa.or_(runs.c.state == RunState.QUEUED, has_run_out)).limit(1)
        return self._connection.execute(waiting).first() is not None


def _of(table: sa.Table, partnership_id: int, plan_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.partnership_id == partnership_id, table.c.plan_id == plan_id)


def _is_held(version: RosterVersion) -> tuple[sa.ColumnElement[bool], ...]:
    v = roster_versions
    return (v.c.id == version.id, v.c.fence == version.fence, v.c.state == AnswerState.RUNNING)
