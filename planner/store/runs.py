"""Runs: the queue of plans to make, held in the database itself.

A worker claims a run for 30 seconds and a *fence*, a number that grows with every claim; it beats to keep
the claim. Each of its writes says ``WHERE fence = ?`` and returns False on no row: the run was cancelled,
or its lease ran out and another worker has it, and whoever gets False stops. So a worker that is killed
loses nothing, one that hung and wakes changes nothing, and a run has one plan at most.

Claims are fair: whoever has fewer runs at work goes first, then whoever was served longest ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from planner.documents import Json, sha256_of
from planner.errors import PlannerError
from planner.store.answers import ask_for_new_plan
from planner.store.events import Events
from planner.store.kinds import RunState
from planner.store.room import Room, columns_of
from planner.store.tables import partnership_versions, plans, policy_versions, progress, runs

LEASE = 30_000
BEAT_EVERY = 5_000
MOST_ATTEMPTS = 5
REPLAN = "replan"
"""The kind of a run that keeps a plan made again after a change; its settings name the plan it was made from and the change."""
COUNTS = ("standards_counted", "standards_met", "standards_partly_met", "standards_under_half", "out_of_reach", "price_points")
"""The numbers of a plan document that lists of plans show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as people see it. ``changes`` grows with all a page shows: it makes the ETag."""

    id: int
    partnership_id: int
    kind: str
    partnership_version: int
    policy_version: int
    inputs_sha256: str
    requested_by: int
    requested_at: int
    state: RunState
    attempts: int
    fence: int
    worker: str | None
    claimed_at: int | None
    ended_at: int | None
    reason: str | None
    best_wanted_at: int | None
    best_shortfall_points: float | None
    best_at: int | None
    changes: int
    settings: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRun(Run):
    """A run as its worker takes it: with the best amounts it has (the worker's own JSON data, and large)."""

    best_amounts: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step a worker told of. A later fence is a later attempt."""

    run_id: int
    fence: int
    seq: int
    at: int
    stage: str
    best_points: float | None
    bound_points: float | None
    detail: Json


class Runs(Room):
    """The queue. What a person calls names a run; what a worker calls takes the ``ClaimedRun``, fence and all."""

    # --- what a person asks ---

    def request_run(
        self, *, partnership_id: int, partnership_version: int, policy_version: int, settings: Json, by: int, kind: str = "plan"
    ) -> int:
        """The waiting run's id. Raises ``PlannerError`` where there is no such version."""
        wanted = {partnership_versions: partnership_version, policy_versions: policy_version}
        shas = [
            self._connection.execute(
                sa.select(table.c.sha256).where(table.c.partnership_id == partnership_id, table.c.version == version)
            ).scalar_one_or_none()
            for table, version in wanted.items()
        ]
        if None in shas:
            raise PlannerError("There is nothing to plan yet: bring the partnership's figures and its policy first.")
        asked = runs.insert().values(
            partnership_id=partnership_id,
            kind=kind,
            partnership_version=partnership_version,
            policy_version=policy_version,
            settings=settings,
            inputs_sha256=sha256_of([kind, *shas, settings]),
            requested_by=by,
            requested_at=self._now,
            state=RunState.QUEUED,
        )
        return int(self._connection.execute(asked.returning(runs.c.id)).scalar_one())

    def run(self, *, partnership_id: int, run_id: int) -> Run | None:
        """One run."""
        return self._one(Run, sa.select(*columns_of(Run, runs)).where(*_is(partnership_id, run_id)))

    def with_best(self, *, partnership_id: int, run_id: int) -> ClaimedRun | None:
        """One run with the best amounts it has, as ``claim_next`` gives it."""
        return self._one(ClaimedRun, sa.select(*columns_of(ClaimedRun, runs)).where(*_is(partnership_id, run_id)))

    def runs(self, *, partnership_id: int) -> tuple[Run, ...]:
        """Every run of a partnership, newest first."""
        query = sa.select(*columns_of(Run, runs)).where(runs.c.partnership_id == partnership_id)
        return self._many(Run, query.order_by(runs.c.id.desc()))

    def progress(self, *, partnership_id: int, run_id: int, most: int = 1000) -> tuple[Progress, ...]:
        """What the run's workers told of, newest first."""
        query = sa.select(*columns_of(Progress, progress)).where(progress.c.partnership_id == partnership_id, progress.c.run_id == run_id)
        return self._many(Progress, query.order_by(progress.c.fence.desc(), progress.c.seq.desc()).limit(most))

    def queue_place(self, *, partnership_id: int, run_id: int) -> int | None:
        """1 for the run that is claimed next; None for one that does not wait."""
        order, _ = self._fair_order()
        waiting = [row.id for row in self._connection.execute(order)]
        is_mine = self._connection.execute(sa.select(runs.c.id).where(*_is(partnership_id, run_id))).first() is not None
        return waiting.index(run_id) + 1 if is_mine and run_id in waiting else None

    def cancel(self, *, partnership_id: int, run_id: int) -> bool:
        """End a run at once; its worker finds out at its next write. False where it had ended."""
        return self._end(RunState.CANCELLED, _is(partnership_id, run_id), RunState.QUEUED, RunState.RUNNING)

    def use_best(self, *, partnership_id: int, run_id: int) -> bool:
        """Ask the worker to finish with the best plan so far. False where there is none, or the run has ended."""
        has_best = (runs.c.best_amounts.is_not(None), runs.c.state.in_([RunState.QUEUED, RunState.RUNNING]))
        asked = runs.update().where(*_is(partnership_id, run_id), *has_best)
        return (
            self._changed(asked.values(best_wanted_at=sa.func.coalesce(runs.c.best_wanted_at, self._now), changes=runs.c.changes + 1)) == 1
        )

    def keep_made_elsewhere(self, *, run_id: int, partnership_id: int, document: Json) -> int | None:
        """End a waiting run with a plan that was made for it outside the queue; None where it waits no more."""
        if not self._end(RunState.FINISHED, _is(partnership_id, run_id), RunState.QUEUED):
            return None
        return self._keep_plan(partnership_id, run_id, 0, document)

    # --- what a worker does ---

    def claim_next(self, *, worker: str, lease: int = LEASE, most_attempts: int = MOST_ATTEMPTS) -> ClaimedRun | None:
        """The run whose turn it is, now this worker's; None where none waits.

        A run whose workers died ``most_attempts`` times has failed: it is not tried again.
        """
        self._give_up(most_attempts)
        order, may_be_claimed = self._fair_order()
        turns = order.subquery()
        first = (
            sa.select(runs.c.id)
            .join(turns, turns.c.id == runs.c.id)
            .where(may_be_claimed)
            .order_by(turns.c.turn, turns.c.served_at, turns.c.requested_at, turns.c.id)
            .limit(1)
            .with_for_update(of=runs, skip_locked=True)
        )
        run_id = self._connection.execute(first).scalar_one_or_none()
        if run_id is None:
            return None
        claimed = runs.update().where(runs.c.id == run_id)
        row = self._connection.execute(
            claimed.values(
                state=RunState.RUNNING,
                attempts=runs.c.attempts + 1,
                fence=runs.c.fence + 1,
                worker=worker,
                claimed_at=self._now,
                lease_until=self._now + lease,
                changes=runs.c.changes + 1,
            ).returning(runs.c.partnership_id)
        ).one()
        return self.with_best(partnership_id=row.partnership_id, run_id=run_id)

    def beat(self, run: ClaimedRun, *, lease: int = LEASE) -> bool:
        """Keep the claim for another ``lease`` milliseconds."""
        return self._hold(run, lease_until=self._now + lease)

    def bound_points(self, run: ClaimedRun) -> float:
        """The best bound that any attempt at this run told of: what it is asked with never changes, so it still holds."""
        query = sa.select(sa.func.max(progress.c.bound_points))
        of_run = query.where(progress.c.partnership_id == run.partnership_id, progress.c.run_id == run.id)
        return self._connection.execute(of_run).scalar_one() or 0.0

    def add_progress(
        self,
        run: ClaimedRun,
        *,
        seq: int,
        stage: str,
        best_points: float | None = None,
        bound_points: float | None = None,
        detail: Json | None = None,
    ) -> bool:
        """Tell of a step; one told before (same ``seq``) is kept as it was."""
        if not self._hold(run, changes=runs.c.changes + 1):
            return False
        self._insert_unless_there(
            progress,
            partnership_id=run.partnership_id,
            run_id=run.id,
            fence=run.fence,
            seq=seq,
            at=self._now,
            stage=stage,
            best_points=best_points,
            bound_points=bound_points,
            detail=detail or {},
        )
        return True

    def offer_best(self, run: ClaimedRun, *, amounts: Any, shortfall_points: float) -> bool:
        """Keep these amounts where none with a smaller shortfall are kept, also from an earlier attempt."""
        if not self._hold(run, changes=runs.c.changes + 1):
            return False
        no_worse = sa.or_(runs.c.best_shortfall_points.is_(None), runs.c.best_shortfall_points >= shortfall_points)
        better = runs.update().where(*_is(run.partnership_id, run.id), no_worse)
        self._changed(better.values(best_amounts=amounts, best_shortfall_points=shortfall_points, best_at=self._now))
        return True

    def finish(self, run: ClaimedRun, *, document: Json) -> bool:
        """End the run with its plan, both or neither, and queue the answers about it."""
        if not self._end(RunState.FINISHED, _is_held(run), RunState.RUNNING):
            return False
        self._keep_plan(run.partnership_id, run.id, run.fence, document)
        return True

    def fail(self, run: ClaimedRun, *, reason: str) -> bool:
        """End the run without a plan; the reason is one sentence for a person."""
        return self._end(RunState.FAILED, _is_held(run), RunState.RUNNING, reason=reason)

    def give_back(self, run: ClaimedRun) -> bool:
        """Let go of a run that goes on elsewhere: this worker is asked to stop. It does not count as an attempt."""
        return self._hold(
            run,
            state=RunState.QUEUED,
            lease_until=None,
            attempts=runs.c.attempts - 1,
            changes=runs.c.changes + 1,
        )

    # --- how ---

    def _keep_plan(self, partnership_id: int, run_id: int, fence: int, document: Json) -> int:
        kept = plans.insert().values(
            partnership_id=partnership_id,
            run_id=run_id,
            fence=fence,
            made_at=self._now,
            status=document["status"],
            fingerprint=document["fingerprint"],
            counts={name: document[name] for name in COUNTS if name in document},
            document=document,
            shortfall_points=document.get("shortfall_points"),
            bound_points=document.get("bound_points"),
        )
        plan_id = int(self._connection.execute(kept.returning(plans.c.id)).scalar_one())
        schools = len(document.get("partnership", {}).get("schools", ()))
        ask_for_new_plan(self._connection, partnership_id=partnership_id, plan_id=plan_id, schools=schools, now=self._now)
        return plan_id

    def _hold(self, run: ClaimedRun, **values: Any) -> bool:
        """Change a run while it is held with this fence; the row stays locked until the transaction ends."""
        held = runs.update().where(*_is_held(run), runs.c.state == RunState.RUNNING)
        return self._changed(held.values(**values)) == 1

    def _give_up(self, most_attempts: int) -> None:
        """End the runs whose workers died this often, and say so in their partnerships' logs."""
        is_hopeless = (runs.c.state == RunState.RUNNING, runs.c.lease_until <= self._now, runs.c.attempts >= most_attempts)
        found = sa.select(runs.c.partnership_id, runs.c.id).where(*is_hopeless).order_by(runs.c.partnership_id, runs.c.id)
        for partnership_id, run_id in self._connection.execute(found).all():
            reason = (
                f"The planner stopped {most_attempts} times while it worked on this run, so it was given up. "
                "Try again; if it happens again, tell the administrator."
            )
            if self._end(RunState.FAILED, (*_is(partnership_id, run_id), *is_hopeless), RunState.RUNNING, reason=reason):
                Events(self._connection, self._clock).record(
                    partnership_id=partnership_id, by=None, action="run failed", subject=f"run {run_id}"
                )  # fmt: skip

    def _end(self, ending: RunState, which: tuple[sa.ColumnElement[bool], ...], *states: RunState, reason: str | None = None) -> bool:
        ended = runs.update().where(*which, runs.c.state.in_(states))
        values = {"state": ending, "lease_until": None, "ended_at": self._now, "reason": reason, "changes": runs.c.changes + 1}
        return self._changed(ended.values(**values)) >= 1

    def _fair_order(self) -> tuple[sa.Select[Any], sa.ColumnElement[bool]]:
        """The waiting runs in the order of their turns, and the condition that makes a run a waiting one.

        A partnership's first waiting run has turn 1, its second turn 2, and so on, each put off by the
        runs the partnership has at work; among equal turns, the partnership served longest ago is first.
        """
        may_be_claimed = sa.or_(runs.c.state == RunState.QUEUED, sa.and_(runs.c.state == RunState.RUNNING, runs.c.lease_until <= self._now))
        other = runs.alias("other")
        of_same = other.c.partnership_id == runs.c.partnership_id
        at_work = sa.select(sa.func.count()).where(of_same, other.c.state == RunState.RUNNING, other.c.lease_until > self._now)
        served = sa.select(sa.func.coalesce(sa.func.max(other.c.claimed_at), 0)).where(of_same)
        place = sa.func.row_number().over(partition_by=runs.c.partnership_id, order_by=(runs.c.requested_at, runs.c.id))
        turn = (place + at_work.correlate(runs).scalar_subquery()).label("turn")
        served_at = served.correlate(runs).scalar_subquery().label("served_at")
        order = sa.select(runs.c.id, runs.c.requested_at, turn, served_at).where(may_be_claimed)
        return order.order_by(turn, served_at, runs.c.requested_at, runs.c.id), may_be_claimed


def _is(partnership_id: int, run_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (runs.c.partnership_id == partnership_id, runs.c.id == run_id)


def _is_held(run: ClaimedRun) -> tuple[sa.ColumnElement[bool], ...]:
    return (*_is(run.partnership_id, run.id), runs.c.fence == run.fence)
