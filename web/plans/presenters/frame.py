"""What stands round every page of a plan: whose it is, what state it is in, the way to its other pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.export.summary import ENDINGS
from web.plans.shelf import KeptPlan, Shelf
from web.tables import TableCell, TableView, row, table, words

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
        fingerprint=kept.plan_id,
        steps=tuple(Step(text=text, href=plan_url(kept, name), is_here=name == here) for name, text in PAGES),
        is_illustrative=p.is_illustrative(),
        state="A read-only copy of a plan document kept on this computer. No money is attached to it and nobody has agreed it. "
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
    """The page of all plans."""

    plans: TableView
    refused: TableView


def plan_list(shelf: Shelf, mine: tuple[KeptPlan, ...]) -> PlanList:
    """The plans a person may read, and the documents that are not shown."""
    rows = [
        row(
            TableCell(text=kept.facts.partnership.name, href=plan_url(kept, "plans.summary_page")),
            kept.facts.partnership.academic_year,
            f"{kept.facts.standing.met:,} of {kept.facts.standing.standards:,}",
            ENDINGS[kept.facts.plan.ending].partition(";")[0] + ".",
            kept.plan_id,
        )
        for kept in mine
    ]
    return PlanList(
        plans=table("Plans", words("Partnership", "Year", "Standards fully met", "How the search ended", "Fingerprint"), rows),
        refused=table("Documents that are not shown", words("Document", "Why"), [row(r.file, r.why) for r in shelf.refused()]),
    )
