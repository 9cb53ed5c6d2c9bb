"""The sheet that says in plain sentences, school by school, what the plan gives and what holds its standards back."""

from __future__ import annotations

from collections.abc import Iterator

from planner.export.main_reasons import main_reasons
from planner.export.plan_facts import Facts
from planner.export.priced import school_lines
from planner.export.roster_words import school_need_line
from planner.export.tables import Book, Row, Table, text_column
from planner.measures import SchoolLedger
from planner.partnership import DecisionRight
from planner.words import count, day, listed, pounds


def why_sheet(book: Book, facts: Facts) -> Table:
    """A few rows a school: in short, beside last year, what holds most back and who could change it, what gives way."""
    page = book.page(
        "Why",
        "Why: each school in plain sentences",
        "What holds most of a school's standards back comes first. Each standard's own reason is on the sheet Needs.",
    )
    columns = [
        text_column("name", "School", 26),
        text_column("about", "About", 17),
        text_column("says", "In plain words", 76),
        text_column("who", "Who could change it", 43, help="Whose rule it is, or who shares out what is used up."),
    ]  # fmt: skip
    rows: list[Row] = [
        {"name": ledger.school.name, "about": about, "says": says, "who": who}
        for ledger in facts.ledgers
        for about, says, who in _lines(ledger, facts)
    ]
    table = page.table(columns, rows, name="plan_why", freeze=1, has_filter=True)
    page.finish()
    return table


def _lines(ledger: SchoolLedger, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """(what about, sentence, who could change it)."""
    urn = ledger.school.urn
    zone = facts.world.picture.zone_of(urn).zone_id
    yield "In short", _in_short(ledger), ""
    yield "Beside last year", _last_year(ledger), ""
    own, shared = ([c for c in facts.world.picture.cells if c.recipient == to] for to in (str(urn), zone))
    for n, reason in enumerate(main_reasons(own, shared, facts, right_words), start=1):
        yield f"Reason {n}", " ".join(filter(None, (f"{reason.title}.", reason.takes, reason.example))), reason.who
    for line in school_lines(facts.world, facts.amounts, urn):
        yield "What gives way", line, "The board, whose price it is."
    names = school_need_line(facts.plan, facts.world, urn)
    if names:
        yield "Names", names, ""


def _in_short(ledger: SchoolLedger) -> str:
    gets = f"The plan gives the school a grant of {pounds(ledger.grant_pounds)} and {count(ledger.own_sessions, 'half-day')} of its own"
    if not ledger.standards:
        return f"{gets}; no standard is planned for the school itself."
    partly = ledger.standards - ledger.met - ledger.under_half - ledger.out_of_reach
    stands = ((ledger.met, "fully met"), (partly, "partly met"), (ledger.under_half, "under half"), (ledger.out_of_reach, "out of reach"))
    said = [f"{n or 'none'} {'is' if n < 2 else 'are'} {word}" for n, word in stands if n or word == "fully met"]
    return f"{gets}; of its {count(ledger.standards, 'standard')} {listed(said)}."


def _last_year(ledger: SchoolLedger) -> str:
    if ledger.last_year_grant_pounds is None or ledger.last_year_sessions is None:
        return "Last year is not known."
    money, time = ledger.grant_pounds - ledger.last_year_grant_pounds, ledger.own_sessions - ledger.last_year_sessions
    grant = f"{pounds(abs(money))} {'more' if money > 0 else 'less'} than last year" if money else "the same as last year"
    half_days = f"{abs(time):,} {'more' if time > 0 else 'fewer'}" if time else "as many as last year"
    return f"Its grant is {grant} ({pounds(ledger.last_year_grant_pounds)}); its half-days are {half_days} ({ledger.last_year_sessions:,})."


def right_words(right: DecisionRight, to: str, by: str) -> str:
    """Who decides, and until when they must be asked; a file says the same on every day."""
    if right is DecisionRight.REQUEST:
        return f"Ask {to or 'its holder'}" + (f" by {day(by)}" if by else "")
    return "Ours to give" if right is DecisionRight.OURS else "For information only"
