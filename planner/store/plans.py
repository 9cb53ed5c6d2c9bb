"""Plans: one for a run, never changed. ``Runs.finish`` makes them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.documents import Json
from planner.store.room import Room, columns_of
from planner.store.tables import plans


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One line of the list of plans. ``counts`` are the document's own numbers of standards."""

    id: int
    partnership_id: int
    run_id: int
    made_at: int
    status: str
    fingerprint: str
    counts: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan(PlanRow):
    """A plan with its document, which stands alone (``planner.documents``)."""

    document: Json


class Plans(Room):
    """The plans of a partnership."""

    def plan(self, *, partnership_id: int, plan_id: int) -> StoredPlan | None:
        """One plan."""
        return self._one(StoredPlan, self._of(partnership_id).where(plans.c.id == plan_id))

    def of_run(self, *, partnership_id: int, run_id: int) -> StoredPlan | None:
        """The plan a run ended with."""
        return self._one(StoredPlan, self._of(partnership_id).where(plans.c.run_id == run_id))

    def latest(self, *, partnership_id: int) -> StoredPlan | None:
        """The newest plan."""
        return self._one(StoredPlan, self._of(partnership_id).order_by(plans.c.id.desc()).limit(1))

    def plans(self, *, partnership_id: int) -> tuple[PlanRow, ...]:
        """Every plan without its document, newest first."""
        query = sa.select(*columns_of(PlanRow, plans)).where(plans.c.partnership_id == partnership_id)
        return self._many(PlanRow, query.order_by(plans.c.id.desc()))

    def _of(self, partnership_id: int) -> sa.Select[tuple[object, ...]]:
        return sa.select(*columns_of(StoredPlan, plans)).where(plans.c.partnership_id == partnership_id)
