"""What stands round every page of a roster: whose it is, which version, the way to its other pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import AnswerState, Transaction
from web.access import Permission, may
from web.names import name_of
from web.navigation import Step
from web.roster.book import OWN, Book
from web.words import moment

PAGES = (
    ("roster.overview", "People"),
    ("roster.by_school", "Schools"),
    ("roster.half_term", "Half-terms"),
    ("roster.change", "Change"),
    ("roster.settings", "Settings"),
    ("roster.delivered", "Delivered"),
    ("roster.deadlines", "Deadlines"),
)
PARENTS = {
    "roster.person": "roster.overview", "roster.school": "roster.by_school", "roster.person_settings": "roster.settings",
    "roster.enter": "roster.delivered", "roster.ask_change": "roster.change", "roster.swap": "roster.change",
    "roster.set_settings": "roster.settings", "roster.set_person_settings": "roster.settings", "roster.enter_now": "roster.delivered",
}  # fmt: skip
FOR_MANAGERS = {"roster.change", "roster.settings"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of a roster's page. ``sentence`` says which roster it is, ``standing`` how it stands while it is not there."""

    partnership: str
    academic_year: str
    plan_href: str
    plan: str
    steps: tuple[Step, ...]
    back: Step
    sentence: str
    standing: str
    is_going: bool
    use_href: str
    ask_href: str
    in_use_href: str
    in_use: str
    instead_of: int


def roster_url(book: Book, endpoint: str, **more: object) -> str:
    """The address of one of a roster's pages; the roster that people work by needs no number."""
    version = None if book.number == book.in_use and not (book.number == OWN and book.kept.facts.plan.roster is None) else book.number
    return url_for(endpoint, partnership_id=book.kept.partnership_id, plan_id=book.kept.plan_id, version=version, **more)  # type: ignore[arg-type]


def name_of_roster(number: int) -> str:
    """What a roster is called within a sentence."""
    return f"roster {number}" if number else "the plan's own names"


def frame(tx: Transaction, book: Book, endpoint: str) -> Frame:
    """The frame of the page at an endpoint."""
    kept, p = book.kept, book.kept.facts.partnership
    may_change = may(Permission.CHANGE_PEOPLE_AND_ROSTER, kept.partnership_id)
    may_read = may(Permission.READ_ROSTER, kept.partnership_id)
    here = PARENTS.get(endpoint, endpoint)
    steps = tuple(
        Step(text=text, href=roster_url(book, name, **({"half_term": 1} if name == "roster.half_term" else {})), is_here=name == here)
        for name, text in PAGES
        if may_read and (may_change or name not in FOR_MANAGERS)
    )
    back = Step(text=f"Plan {kept.plan_id}", href=url_for("plans.summary_page", partnership_id=kept.partnership_id, plan_id=kept.plan_id))
    if endpoint in PARENTS and steps:
        back = next(step for step in steps if step.is_here)
    is_used = book.number == book.in_use
    is_there = book.roster is not None
    return Frame(
        partnership=p.name,
        academic_year=p.academic_year,
        plan_href=url_for("plans.summary_page", partnership_id=kept.partnership_id, plan_id=kept.plan_id),
        plan=f"plan {kept.plan_id}",
        steps=steps,
        back=back,
        sentence=_sentence(tx, book, is_used=is_used),
        standing=_standing(book),
        is_going=book.is_going,
        use_href=url_for("roster.use", partnership_id=kept.partnership_id, plan_id=kept.plan_id, version=book.number)
        if may_change and is_there and not is_used and endpoint == "roster.overview"
        else "",
        ask_href=url_for("roster.ask", partnership_id=kept.partnership_id, plan_id=kept.plan_id)
        if may_change and not is_there and book.version is None
        else "",
        in_use_href=""
        if is_used
        else url_for("roster.overview", partnership_id=kept.partnership_id, plan_id=kept.plan_id, version=book.in_use),
        in_use=name_of_roster(book.in_use),
        instead_of=0 if book.choice is None else book.choice.id,
    )


def _sentence(tx: Transaction, book: Book, *, is_used: bool) -> str:
    used = " It is the roster that people work by." if is_used and book.roster is not None else ""
    if book.version is None:
        made = f"These are the names that plan {book.kept.plan_id} was made with." if book.roster is not None else ""
        return f"{made}{used}".strip()
    by = name_of(tx, book.version.asked_by)
    based = name_of_roster(book.version.based_on or OWN)
    if book.version.based_on is None and book.kept.facts.plan.roster is None:
        based = "the plan without names"
    return f"Roster {book.number}: {book.version.note} Asked for by {by} on {moment(book.version.asked_at)}, from {based}.{used}"


def _standing(book: Book) -> str:
    if book.version is None or book.version.state is AnswerState.FINISHED:
        return ""
    if book.version.state is AnswerState.FAILED:
        return f"There is no such roster. {book.version.reason}"
    if book.version.state is AnswerState.RUNNING:
        return "This roster is being made now."
    return "This roster is not made yet: plans that people asked for are made first."
