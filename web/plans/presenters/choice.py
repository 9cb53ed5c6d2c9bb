"""Which plan schools read, as the pages of a plan say it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store.plans import SchoolsPlan
from web.shelf import KeptPlan
from web.words import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whether schools read this plan; the way to the one they read instead, and the board's way to put this one before them."""

    sentence: str
    other: str
    other_href: str
    choose_href: str


def choice(kept: KeptPlan, schools_plan: SchoolsPlan, *, urn: int | None, may_choose: bool) -> Choice:
    """What the top of a plan's page says; ``urn`` is the school the page is about."""
    here = kept.partnership_id
    is_read, is_chosen = schools_plan.plan_id == kept.plan_id, schools_plan.chosen_at is not None
    instead = (
        url_for("plans.summary_page", partnership_id=here, plan_id=schools_plan.plan_id)
        if urn is None
        else url_for("plans.our_school", partnership_id=here, urn=urn)
    )
    return Choice(
        sentence=_sentence(schools_plan, is_read=is_read),
        other="" if is_read else f"Open plan {schools_plan.plan_id}",
        other_href="" if is_read else instead,
        choose_href=url_for("plans.choose", partnership_id=here, plan_id=kept.plan_id)
        if may_choose and not (is_read and is_chosen)
        else "",
    )


def _sentence(schools_plan: SchoolsPlan, *, is_read: bool) -> str:
    if schools_plan.chosen_at is not None:
        when = moment(schools_plan.chosen_at)
        if is_read:
            return f"The board put this plan before the schools on {when}."
        return f"This is not the plan that schools read. The board put plan {schools_plan.plan_id} before them on {when}."
    if is_read:
        return "Schools read this plan for now: the board has not yet put one before them."
    return f"This is not the plan that schools read. The board has not yet put one before them, so they read plan {schools_plan.plan_id} for now."
