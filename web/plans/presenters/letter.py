"""A head's letter to governors: one page of what the plan gives the school, why, and who could change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from planner.export.main_reasons import main_reasons
from planner.export.plan_standards import MET, OUT_OF_REACH, PARTLY, UNDER_HALF, status
from planner.measures import SchoolLedger
from planner.need import Cell
from planner.words import day
from web.plans.presenters.our_school import SchoolView, our_school
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import change, count, decision, listed, pounds, pounds_change, today

MOST_LINES = 7
"""Of support on the one page; the school's own page has them all."""
MOST_ASKS = 2
NOT_KNOWN = "not known"
MOST_LETTERS = 240
"""Of who could change a thing; the school's own page says it in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What holds standards back, and who could change it."""

    title: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """The letter."""

    school: str
    about: str
    opening: str
    money: TableView
    support: TableView
    more_support: str
    stands: TableView
    reasons: tuple[Held, ...]
    all_met: str
    waits: str
    fingerprint: str
    print_hint: str


def governors_letter(kept: KeptPlan, urn: int) -> LetterView | None:
    """The letter about one school; None where it is no member."""
    page = our_school(kept, urn)
    if page is None:
        return None
    ledger = next(one for one in kept.facts.ledgers if one.school.urn == urn)
    cells = kept.facts.world.picture.cells
    own = [cell for cell in cells if cell.recipient == str(urn)]
    shared = [cell for cell in cells if cell.recipient == kept.facts.world.picture.zone_of(urn).zone_id]
    p = kept.facts.partnership
    reasons = tuple(Held(title=reason.title, who=_short(reason.who)) for reason in main_reasons(own, shared, kept.facts, decision))
    return LetterView(
        school=page.name,
        about=f"{p.name}, academic year {p.academic_year}",
        opening=f"{page.sentence} Support is planned for the need one would expect of the school's size and area, never for a named child.",
        money=_money(ledger),
        support=_support(page),
        more_support=_more(page),
        stands=_stands(own, shared, kept),
        reasons=reasons,
        all_met="" if reasons else "Every standard planned for the school and its zone is fully met.",
        waits=_waits(page),
        fingerprint=kept.fingerprint,
        print_hint=f"Print this page, or save it as a PDF from the print window: it fits one sheet of A4. Written on {day(today().isoformat())}.",
    )


def _money(ledger: SchoolLedger) -> TableView:
    """Paid in, received and net beside last year, as far as last year is known."""
    received = ledger.grant_pounds + ledger.priced_sessions_pounds
    return table(
        "In and out, this year beside last year",
        (*words("Line"), *numbers("This year", "Last year", "Change")),
        (
            row("Pays into the pool", pounds(ledger.paid_in_pounds), NOT_KNOWN, ""),
            row("Grant", pounds(ledger.grant_pounds), *_last(ledger.grant_pounds, ledger.last_year_grant_pounds, pounds, pounds_change)),
            row(
                "Half-days of specialist time",
                f"{ledger.own_sessions:,}",
                *_last(ledger.own_sessions, ledger.last_year_sessions, lambda n: f"{n:,}", change),
            ),
            row("Received in all, half-days at their price", pounds(received), NOT_KNOWN, ""),
            row("Received less paid in", pounds(ledger.net_pounds), NOT_KNOWN, "", is_total=True),
        ),
    )


def _last(now: int, before: int | None, show: Callable[[int], str], differ: Callable[[int], str]) -> tuple[str, str]:
    return (NOT_KNOWN, "") if before is None else (show(before), differ(now - before))


def _support(page: SchoolView) -> TableView:
    """From whom and what, without who decides: what waits for a yes stands below."""
    kept = tuple(replace(one, cells=(one.cells[0], one.cells[1], one.cells[2])) for one in page.support.rows[:MOST_LINES])
    return replace(
        page.support,
        headings=page.support.headings[:3],
        rows=kept,
        csv_href="",
        caption="What the school gets, and from whom",
        is_caption_hidden=False,
    )


def _more(page: SchoolView) -> str:
    over = len(page.support.rows) - MOST_LINES
    return f"{count(over, 'more line')} on the school's page." if over > 0 else ""


def _stands(own: Sequence[Cell], shared: Sequence[Cell], kept: KeptPlan) -> TableView:
    """How many standards stand where."""
    rows = []
    for name, cells in (("The school's own", own), ("Its zone's, shared", shared)):
        stands = [status(cell, kept.facts.amounts) for cell in cells]
        rows.append(row(name, *(f"{stands.count(word):,}" for word in (MET, PARTLY, UNDER_HALF, OUT_OF_REACH))))
    return table(
        "Quality standards",
        (*words("Standards"), *numbers("Fully met", "Partly met", "Under half", "Out of reach")),
        rows,
    )


def _waits(page: SchoolView) -> str:
    """Whom the plan still has to ask, in a sentence."""
    if not page.waits:
        return "Nothing the school gets depends on somebody else's yes."
    asked = [f"{wait.ask[0].lower()}{wait.ask[1:]} ({count(len(wait.whats), 'line')})" for wait in page.waits[:MOST_ASKS]]
    rest = f", and {count(len(page.waits) - MOST_ASKS, 'other')}" if len(page.waits) > MOST_ASKS else ""
    return f"Part of this holds only if others say yes: {listed(asked)}{rest}."


def _short(text: str) -> str:
    """The first sentences that fit."""
    if len(text) <= MOST_LETTERS:
        return text
    cut = text[:MOST_LETTERS]
    return cut[: cut.rindex(". ") + 1] if ". " in cut else f"{cut[: cut.rindex(' ')]} ..."
