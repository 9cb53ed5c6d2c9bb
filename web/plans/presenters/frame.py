"""What stands round every page of a plan: whose it is, what state it is in, the way to its other pages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import url_for

from web.access import Permission, the_user
from web.navigation import Step
from web.plans.presenters.choice import Choice
from web.shelf import KeptPlan
from web.standing import Standing
from web.tables import TableCell, TableView
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
    ("plans.trade_offs", "Trade-offs"),
    ("plans.how_good", "How good is it"),
    ("plans.downloads", "Downloads"),
)
CHOSEN_AT = "plans.summary_page"
"""The one page of a plan on which the board puts it before the schools."""
TRIED_AT = (CHOSEN_AT, "plans.school")
"""Where other rules are tried from."""
PARENTS = {
    "plans.pots": "plans.money",
    "plans.school": "plans.all_schools", "plans.why": "plans.all_schools", "plans.letter": "plans.all_schools", "plans.standard": "plans.standards",
    "plans.one_more": "plans.how_good", "plans.doses": "plans.how_good",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of a plan's page."""

    partnership: str
    academic_year: str
    fingerprint: str
    steps: tuple[Step, ...]
    is_illustrative: bool
    back: Step
    plan_id: int
    name: str
    state: str
    standing: Standing
    choice: Choice
    try_href: str
    run_href: str
    run: str
    address: str


def frame(
    kept: KeptPlan,
    endpoint: str,
    *,
    made_from: str,
    address: str,
    choice: Choice,
    standing: Standing,
    urn: int | None = None,
) -> Frame:
    """The frame of the page at an endpoint; ``urn`` is the school it is about."""
    here = PARENTS.get(endpoint, endpoint)
    p = kept.facts.partnership
    steps = tuple(Step(text=text, href=plan_url(kept, name), is_here=name == here) for name, text in PAGES)
    back = Step(text="Plans", href=url_for("plans.list_plans", partnership_id=kept.partnership_id))
    if endpoint in {"plans.why", "plans.letter"}:
        back = Step(text="The school in this plan", href=plan_url(kept, "plans.school", urn=urn))
    elif endpoint in PARENTS:
        back = next(step for step in steps if step.is_here)
    return Frame(
        partnership=p.name,
        academic_year=p.academic_year,
        fingerprint=kept.fingerprint[:16],
        steps=steps,
        is_illustrative=p.is_illustrative(),
        back=back,
        plan_id=kept.plan_id,
        name=f"plan of {moment(kept.made_at)}",
        state=f"Plan {kept.plan_id}, made {moment(kept.made_at)} from {made_from}. "
        f"Standing: {standing.word.lower()}. Every figure was checked again when it was opened.",
        standing=standing,
        choice=choice,
        try_href=plan_url(kept, "try_it.begin") if endpoint in TRIED_AT and _may_try(kept, urn) else "",
        run_href=url_for("runs.run", partnership_id=kept.partnership_id, run_id=kept.run_id),
        run=f"Run {kept.run_id}",
        address=address,
    )


def _may_try(kept: KeptPlan, urn: int | None) -> bool:
    """Whether who is asking may try other rules from a page: a school's own page is its head's."""
    user = the_user()
    return user is not None and user.may(Permission.PROPOSE, kept.partnership_id) and urn in {None, *user.urns_in(kept.partnership_id)}


def plan_url(kept: KeptPlan, endpoint: str, **more: object) -> str:
    """The address of one of a plan's pages."""
    return url_for(endpoint, partnership_id=kept.partnership_id, plan_id=kept.plan_id, **more)  # type: ignore[arg-type]


def to_take(kept: KeptPlan, name: str, view: TableView) -> TableView:
    """A table that can be taken away as a CSV, under a name of its own in its plan."""
    return replace(view, name=name, csv_href=plan_url(kept, "plans.table", name=name))


def school_link(kept: KeptPlan, urn: int, name: str) -> TableCell:
    """A school's name, leading to its own page."""
    return TableCell(text=name, href=plan_url(kept, "plans.school", urn=urn))
