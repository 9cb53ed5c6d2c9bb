"""Plans: one for a run, never changed; ``Runs.finish`` makes them. And which of them the board puts before the schools."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.documents import Json
from planner.store.room import Room, columns_of
from planner.store.runs import REPLAN
from planner.store.tables import plan_choices, plans, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One line of the list of plans. ``counts`` and points are the document's own; a bound of 0 may be one that was not found."""

    id: int
    partnership_id: int
    run_id: int
    made_at: int
    status: str
    fingerprint: str
    counts: Json
    shortfall_points: float | None = None
    bound_points: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan(PlanRow):
    """A plan with its document, which stands alone (``planner.documents``)."""

    document: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChoice:
    """The board put a plan before the schools. The newest choice counts; none is ever taken away."""

    id: int
    partnership_id: int
    plan_id: int
    chosen_by: int
    chosen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolsPlan:
    """The plan that schools read: the board's choice, or the newest of a run of its own where ``chosen_at`` is None."""

    plan_id: int
    chosen_at: int | None


class Plans(Room):
    """The plans of a partnership."""

    def plan(self, *, partnership_id: int, plan_id: int) -> StoredPlan | None:
        """One plan."""
        return self._one(StoredPlan, self._of(partnership_id).where(plans.c.id == plan_id))

    def of_run(self, *, partnership_id: int, run_id: int) -> PlanRow | None:
        """The plan a run ended with, without its document."""
        query = sa.select(*columns_of(PlanRow, plans)).where(plans.c.partnership_id == partnership_id, plans.c.run_id == run_id)
        return self._one(PlanRow, query)

    def latest(self, *, partnership_id: int) -> StoredPlan | None:
        """The newest plan."""
        return self._one(StoredPlan, self._of(partnership_id).order_by(plans.c.id.desc()).limit(1))

    def plans(self, *, partnership_id: int) -> tuple[PlanRow, ...]:
        """Every plan without its document, newest first."""
        query = sa.select(*columns_of(PlanRow, plans)).where(plans.c.partnership_id == partnership_id)
        return self._many(PlanRow, query.order_by(plans.c.id.desc()))

    # --- which plan schools read ---

    def choose(self, *, partnership_id: int, plan_id: int, by: int) -> bool:
        """Put a plan before the schools; False where it is there already."""
        chosen = next(iter(self.choices(partnership_id=partnership_id)), None)
        if chosen is not None and chosen.plan_id == plan_id:
            return False
        made = plan_choices.insert().values(partnership_id=partnership_id, plan_id=plan_id, chosen_by=by, chosen_at=self._now)
        self._connection.execute(made)
        return True

    def choices(self, *, partnership_id: int) -> tuple[PlanChoice, ...]:
        """Every choice of the board, newest first."""
        query = sa.select(*columns_of(PlanChoice, plan_choices)).where(plan_choices.c.partnership_id == partnership_id)
        return self._many(PlanChoice, query.order_by(plan_choices.c.id.desc()))

    def for_schools(self, *, partnership_id: int) -> SchoolsPlan | None:
        """The plan that schools read; None where there is no plan."""
        for choice in self.choices(partnership_id=partnership_id):
            return SchoolsPlan(plan_id=choice.plan_id, chosen_at=choice.chosen_at)
        # a plan kept after a change is the board's to put before schools, however new it is
        newest = self._connection.execute(
            sa.select(sa.func.max(plans.c.id))
            .join(runs, runs.c.id == plans.c.run_id)
            .where(plans.c.partnership_id == partnership_id, runs.c.kind != REPLAN)
        ).scalar_one()
        return None if newest is None else SchoolsPlan(plan_id=newest, chosen_at=None)

    # --- how ---

    def _of(self, partnership_id: int) -> sa.Select[tuple[object, ...]]:
        return sa.select(*columns_of(StoredPlan, plans)).where(plans.c.partnership_id == partnership_id)
