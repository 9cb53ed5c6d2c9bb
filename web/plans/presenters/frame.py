"""What stands round every page of a plan: whose it is, what state it is in, the way to its other pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.export.summary import ENDINGS
from planner.plan import Ending
from planner.store import Transaction
from web.shelf import KeptPlan
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import moment

PAGES = (
    ("plans.summary_page", "Summary"),
    ("plans.changes", "More and less"),
    ("plans.all_schools", "Schools"),
    ("plans.map_page", "Map"),
    ("plans.services", "Services"),
    ("plans.bases", "Bases"),
    ("plans.standards", "Standards"),
    ("plans.money", "Money"),
    ("plans.other_ways", "Other ways to share"),
    ("plans.how_good", "How good is it"),
)
PARENTS = {"plans.school": "plans.all_schools", "plans.standard": "plans.standards"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A link to another page of the plan."""

    text: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of a plan's page."""

    partnership: str
    academic_year: str
    fingerprint: str
    steps: tuple[Step, ...]
    is_illustrative: bool
    state: str


def frame(kept: KeptPlan, endpoint: str) -> Frame:
    """The frame of the page at an endpoint."""
    here = PARENTS.get(endpoint, endpoint)
    p = kept.facts.partnership
    return Frame(
        partnership=p.name,
        academic_year=p.academic_year,
        fingerprint=kept.fingerprint[:16],
        steps=tuple(Step(text=text, href=plan_url(kept, name), is_here=name == here) for name, text in PAGES),
        is_illustrative=p.is_illustrative(),
        state=f"Made {moment(kept.made_at)}. No money is attached to it and nobody has agreed it. "
        "Every figure was checked again when it was opened.",
    )


def plan_url(kept: KeptPlan, endpoint: str, **more: object) -> str:
    """The address of one of a plan's pages."""
    return url_for(endpoint, partnership_id=kept.partnership_id, plan_id=kept.plan_id, **more)  # type: ignore[arg-type]


def school_link(kept: KeptPlan, urn: int, name: str) -> TableCell:
    """A school's name, leading to its own page."""
    return TableCell(text=name, href=plan_url(kept, "plans.school", urn=urn))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanList:
    """The page of all plans of a partnership."""

    partnership: str
    plans: TableView


def plan_list(tx: Transaction, partnership_id: int) -> PlanList:
    """The plans of a partnership, newest first."""
    partnership = tx.partnerships.partnership(partnership_id=partnership_id)
    assert partnership is not None
    versions = {run.id: (run.partnership_version, run.policy_version) for run in tx.runs.runs(partnership_id=partnership_id)}
    rows = [
        row(
            TableCell(text=moment(plan.made_at), href=url_for("plans.summary_page", partnership_id=partnership_id, plan_id=plan.id)),
            f"{plan.counts['standards_met']:,} of {plan.counts['standards_counted']:,}",
            f"{plan.counts['standards_under_half']:,}",
            f"{plan.counts['out_of_reach']:,}",
            "Figures {}, policy {}".format(*versions[plan.run_id]),
            ENDINGS[Ending(plan.status)].partition(";")[0] + ".",
            plan.fingerprint[:16],
        )
        for plan in tx.plans.plans(partnership_id=partnership_id)
    ]
    return PlanList(
        partnership=partnership.name,
        plans=table(
            "Plans",
            (
                *words("Made"),
                *numbers("Standards fully met", "Under half", "Out of reach"),
                *words("Versions", "How the search ended", "Fingerprint"),
            ),
            rows,
        ),
    )
