"""Half-days delivered beside those planned, what is lost when the year ends, and by when changes are to be ordered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from planner.offers import is_paid, offers_of
from planner.partnership import DecisionRight, Service
from web.access import Permission, may
from web.plans.presenters.cells import whole
from web.roster.book import Book
from web.roster.calendar import HalfTerm, half_terms
from web.roster.presenters.frame import roster_url
from web.roster.presenters.rosters import date_words, given_to, person_cell, place
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import count, listed, pounds, today, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredView:
    """Everybody's half-days delivered of those planned, and what to do about the rest."""

    what_to_do: str
    behind: TableView | None
    terms: TableView
    people: TableView
    note: str


def delivered_view(book: Book) -> DeliveredView:
    """Delivered beside planned, by person and half-term."""
    calendar = half_terms(book.world.partnership, book.world.policy)
    may_enter = may(Permission.CHANGE_PEOPLE_AND_ROSTER, book.kept.partnership_id)
    rows = []
    for number, service, one in book.people:
        cells = []
        for term in calendar:
            h = term.number
            planned, done = _planned(book, service, one.person.person_id, h), _done(book, one.person.person_id, h)
            has_begun = term.begins <= today()
            if not planned and done is None:
                text = "none"
            elif done is not None:
                text = f"{done} of {planned}"
            else:
                text = f"{planned} to {'enter' if has_begun else 'come'}"
            can = may_enter and (has_begun or done is not None) and text != "none"
            href = roster_url(book, "roster.enter", number=number, half_term=h) if can else ""
            cells.append(TableCell(text=text, href=href, hidden=f", {one.person.name} in half-term {h}" if href else ""))
        rows.append(row(person_cell(book, one.person.person_id), service.name, *cells))
    return DeliveredView(
        what_to_do=_what_to_do(calendar),
        behind=_behind_table(book, calendar),
        terms=_terms(book, calendar),
        people=table(
            "Delivered of planned, by person",
            words("Who", "Service", *(f"Half-term {term.number}" for term in calendar)),
            rows,
            empty="Nobody is in post: bring figures with a sheet People.",
        ),
        note="Planned is what the roster that is shown gives. What is entered belongs to the plan and stays when another roster is put to work.",
    )


def _planned(book: Book, service: Service, person_id: str, half_term: int) -> int:
    return sum(days[half_term - 1] for days in given_to(book, service, person_id).values())


def _done(book: Book, person_id: str, half_term: int) -> int | None:
    """What a person delivered; None where nothing was entered."""
    entered = [d.half_days for d in book.delivered if (d.person_id, d.half_term) == (person_id, half_term)]
    return sum(entered) if entered else None


def _terms(book: Book, calendar: tuple[HalfTerm, ...]) -> TableView:
    rows = []
    for term in calendar:
        planned = sum(_planned(book, service, one.person.person_id, term.number) for _, service, one in book.people)
        done = sum(d.half_days for d in book.delivered if d.half_term == term.number)
        has_ended = term.ends < today()
        tag = (
            TableCell(text="Ended", tag="grey")
            if has_ended
            else TableCell(text="Now", tag="blue")
            if term.begins <= today()
            else TableCell(text="To come", tag="yellow")
        )
        rows.append(
            row(
                f"Half-term {term.number}",
                date_words(term.ends),
                tag,
                whole(planned),
                whole(done),
                whole(max(0, planned - done)) if has_ended else "not yet",
            )
        )
    return table("By half-term", (*words("Half-term", "Ends", "State"), *numbers("Planned", "Delivered", "Not entered")), rows)


def behind(book: Book, service: Service, by: dt.date) -> tuple[int, int]:
    """A service's half-days planned in half-terms that ended before a day, and those delivered in them."""
    ended = {term.number for term in half_terms(book.world.partnership, book.world.policy) if term.ends < by}
    mine = {one.person.person_id for _, s, one in book.people if s is service}
    planned = sum(_planned(book, service, p, h) for p in mine for h in ended)
    return planned, sum(d.half_days for d in book.delivered if d.person_id in mine and d.half_term in ended)


def _behind_table(book: Book, calendar: tuple[HalfTerm, ...]) -> TableView | None:
    """What is behind, service by service, and what becomes of it: time and money that do not carry over. None before a half-term has ended."""
    ended = [term for term in calendar if term.ends < today()]
    if not ended:
        return None
    rows = []
    for service in book.world.partnership.services:
        planned, done = behind(book, service, today())
        if planned > done:
            if_not = "lost" if service.unused_time_is_lost else "may be kept for next year"
            rows.append(row(service.name, whole(planned - done), if_not, _paid(book, service, planned - done)))
    return table(
        f"Planned up to {date_words(ended[-1].ends)}, not entered as delivered",
        (*words("Service"), *numbers("Half-days"), *words("If not used this year", "Paid for")),
        rows,
        empty="Nothing: all that was planned is delivered.",
    )


def _what_to_do(calendar: tuple[HalfTerm, ...]) -> str:
    """What can still be done about what is behind."""
    left = [term for term in calendar if term.ends >= today()]
    if not left:
        return (
            "The year is over: what was not delivered does not carry over, and neither does money paid for it, unless the service keeps it."
        )
    return (
        f"Half-days that are not delivered do not carry over to next year unless the service keeps them, and neither does the money paid for them. "
        f"They can be given in the {count(len(left), 'half-term')} left, the last by {date_words(calendar[-1].ends)}."
    )


def _paid(book: Book, service: Service, missing: int) -> str:
    p = book.world.partnership
    if not is_paid(p, service):
        return "no, in kind"
    if offers_of(p, service.service_id):
        return "yes, by its offers"
    return f"yes, {pounds(missing * service.price_pounds_per_session)}"


# --- entering ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A school or zone of a person in a half-term: what is planned, and what stands in the field."""

    name: str
    label: str
    hint: str
    value: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterView:
    """What a person delivered in one half-term."""

    title: str
    sentence: str
    lines: tuple[Line, ...]
    seen: int


def recipients_of(book: Book, number: int, half_term: int) -> dict[str, tuple[int, int | None]]:
    """Recipient -> half-days planned and delivered (None: not entered) of a person in a half-term."""
    found = book.person(number)
    assert found is not None
    service, one = found
    given = given_to(book, service, one.person.person_id)
    done = {d.recipient: d.half_days for d in book.delivered if (d.person_id, d.half_term) == (one.person.person_id, half_term)}
    names = dict.fromkeys([*(r for r, days in given.items() if days[half_term - 1]), *done])
    return {r: (given[r][half_term - 1] if r in given else 0, done.get(r)) for r in names}


def enter_view(book: Book, number: int, half_term: int, typed: dict[str, str], faults: dict[str, str]) -> EnterView:
    """The form, with what was typed or what was entered before."""
    found = book.person(number)
    assert found is not None
    _, one = found
    lines = [
        Line(
            name=f"given-{r}", label=place(book, r), hint=f"{count(planned, 'half-day')} planned",
            value=typed.get(r, "" if done is None else str(done)), fault=faults.get(r, ""),
        )
        for r, (planned, done) in recipients_of(book, number, half_term).items()
    ]  # fmt: skip
    term = half_terms(book.world.partnership, book.world.policy)[half_term - 1]
    seen = max((d.id for d in book.delivered if (d.person_id, d.half_term) == (one.person.person_id, half_term)), default=0)
    return EnterView(
        title=f"What {one.person.name} delivered in half-term {half_term}",
        sentence=f"Half-term {half_term} {'ended' if term.ends < today() else 'ends'} on {date_words(term.ends)}. Leave a line blank that you do not know yet.",
        lines=tuple(lines),
        seen=seen,
    )


# --- deadlines ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinesView:
    """By when what is to be ordered or asked for."""

    dates: TableView
    without: str
    have_passed: str


def deadlines_view(book: Book) -> DeadlinesView:
    """The dates that services give for orders and requests, the first first."""
    rows, without = [], []
    for service in book.world.partnership.services:
        n = sum(days for (_, service_id), days in book.kept.facts.amounts.sessions.items() if service_id == service.service_id)
        dates = [(service.order_by, "order its half-days and every change of them")]
        if service.decision_right is DecisionRight.REQUEST:
            dates.append((service.request_by, f"ask {service.request_to or service.employer or 'its holder'} for its time and its people"))
        known = [(date, what) for text, what in dates if (date := _date(text)) is not None]
        rows += [
            (date, service.name, upper_first(" and ".join(what for when, what in known if when == date)), n)
            for date in dict.fromkeys(date for date, _ in known)
        ]
        if not known:
            without.append(service.name)
    return DeadlinesView(
        dates=table(
            "By when changes are to be ordered",
            (*words("By", "Service", "What"), *numbers("Half-days in the plan"), *words("State")),
            [row(date_words(date), name, what, whole(n), _state(date)) for date, name, what, n in sorted(rows)],
            empty="No service gives a date. Enter it on the sheet Services, in the columns for when to order and when to ask.",
            is_caption_hidden=True,
        ),
        without=f"No date is known for {listed(without)}: after it is entered on the sheet Services it stands here."
        if without and rows
        else "",
        have_passed="Every date has passed: a change now needs the yes of its service, and may cost more."
        if rows and max(rows)[0] < today()
        else "",
    )


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _state(date: dt.date) -> TableCell:
    days = (date - today()).days
    if days < 0:
        return TableCell(text="Passed", tag="grey")
    return TableCell(text="Today" if not days else f"In {count(days, 'day')}", tag="red" if days <= SOON_DAYS else "blue")


SOON_DAYS = 28
