"""A roster in words and tables: by person, by school, by half-term, and what it costs beside the one before."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.export.roster_words import proposal_of
from planner.need import World
from planner.partnership import HALF_TERMS, Service
from planner.plan import Roster
from planner.roster import Practitioner, Told, figures_of, metres_a_visit, urns_of
from planner.roster_requests import Wish, WishKind
from planner.store import AnswerState, Transaction
from web.access import Permission, may
from web.names import name_of
from web.navigation import Step
from web.plans.presenters.cells import whole
from web.roster.book import Book
from web.roster.calendar import half_terms
from web.roster.presenters.frame import name_of_roster, roster_url
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import change, count, in_zone, listed, moment, upper_first

STATES = {
    AnswerState.QUEUED: ("Waiting", "yellow"), AnswerState.RUNNING: ("Being made", "yellow"), AnswerState.FINISHED: ("There", "green"),
    AnswerState.FAILED: ("Not there", "red"),
}  # fmt: skip
HALF_TERM_NUMBERS = tuple(str(h) for h in range(1, HALF_TERMS + 1))
_HEADINGS = tuple(f"Half-term {h}" for h in HALF_TERM_NUMBERS)
METRES = 1000


def date_words(date: object) -> str:
    """A day as people write it."""
    return f"{date.day} {date:%B %Y}"  # type: ignore[attr-defined]


def place(book: Book, recipient: str) -> str:
    """A school's name or a zone's, to begin a line."""
    name = book.kept.facts.names[recipient]
    return upper_first(in_zone(name)) if _is_zone(book, recipient) else name


def _is_zone(book: Book, recipient: str) -> bool:
    return any(zone.zone_id == recipient for zone in book.world.picture.zones)


def place_cell(book: Book, recipient: str) -> TableCell:
    """The same, a school leading to who comes to it."""
    if _is_zone(book, recipient):
        return TableCell(text=place(book, recipient))
    return TableCell(text=place(book, recipient), href=roster_url(book, "roster.school", urn=int(recipient)))


def person_cell(book: Book, person_id: str) -> TableCell:
    """A person's name, leading to their year."""
    name = book.named(person_id).name
    if not may(Permission.READ_ROSTER, book.kept.partnership_id):
        return TableCell(text=name)
    return TableCell(text=name, href=roster_url(book, "roster.person", number=book.number_of(person_id)))


def given_to(book: Book, service: Service, person_id: str) -> dict[str, tuple[int, ...]]:
    """Recipient -> a person's half-days by half-term, the most first."""
    mine = {r: days for (p, r), days in book.told.given.get(service.service_id, {}).items() if p == person_id}
    return dict(sorted(mine.items(), key=lambda pair: (-sum(pair[1]), place(book, pair[0]))))


def by_half_term(given: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """What all of it comes to in each half-term."""
    return tuple(sum(days[h] for days in given.values()) for h in range(HALF_TERMS))


def km(metres: int) -> str:
    """Metres as whole kilometres."""
    return f"{metres / METRES:,.0f} km"


def kilometres(world: World, one: Practitioner, given: dict[str, tuple[int, ...]]) -> int:
    """Metres to schools, one way, a visit a half-day."""
    return sum(sum(days) * metres_a_visit(world, one.person, r) for r, days in given.items())


# --- the first page: everybody ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that is asked of a roster, and the way to take it back."""

    text: str
    take_back_href: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """Everybody's year, and what the roster costs."""

    cost: TableView | None
    changed: TableView | None
    asked: tuple[Asked, ...]
    settings: tuple[str, ...]
    people: TableView
    short: TableView
    versions: TableView
    is_there: bool


def overview(tx: Transaction, book: Book) -> OverviewView:
    """The whole roster by person."""
    is_there = book.roster is not None
    return OverviewView(
        cost=_cost(book),
        changed=_changed(book),
        asked=_asked(book),
        settings=settings_said(book),
        people=_people(book),
        short=_short(book),
        versions=_versions(tx, book),
        is_there=is_there,
    )


def _people(book: Book) -> TableView:
    rows = []
    for _, service, one in book.people:
        given = given_to(book, service, one.person.person_id)
        total = by_half_term(given)
        rows.append(
            row(
                person_cell(book, one.person.person_id), service.name, whole(len(given)), *(whole(n) for n in total), whole(sum(total)),
                whole(one.half_days_a_year - sum(total)), km(kilometres(book.world, one, given)) if one.person.based_at_urn else "not known",
            )
        )  # fmt: skip
    return table(
        "Everybody's half-days",
        (*words("Who"), *words("Service"), *numbers("Schools or zones", *_HEADINGS, "Year", "Spare", "Travel, one way")),
        rows,
        empty="Nobody is in post: bring figures with a sheet People.",
    )


def _short(book: Book) -> TableView:
    names = {s.service_id: s.name for s in book.world.partnership.services}
    short = () if book.roster is None else book.roster.undelivered
    rows = [
        row(place_cell(book, one.recipient), names[one.service_id], whole(one.half_days))
        for one in sorted(short, key=lambda one: -one.half_days)
    ]
    return table("Half-days that nobody can give", (*words("School or zone", "Service"), *numbers("Half-days")), rows, empty="None: every half-day of the plan has a name.")  # fmt: skip


def _schools_each(roster: Roster) -> int:
    return max(
        (len({row.recipient for row in roster.rows if row.person_id == p}) for p in {row.person_id for row in roster.rows}), default=0
    )


def _figures(world: World, roster: Roster) -> tuple[int, ...]:
    here = figures_of(world, roster)
    return (
        here.half_days,
        here.undelivered,
        here.shared,
        here.changes,
        _schools_each(roster),
        (here.metres + METRES // 2) // METRES,
        here.uneven,
    )


_COST = (
    "Half-days with a name", "Half-days that nobody can give", "More than one person of a service at a school or zone",
    "Schools and zones that lose everybody they knew", "Most schools or zones of one person", "Travel in km, one way", "Half-days out of an even pace",
)  # fmt: skip


def _cost(book: Book) -> TableView | None:
    """What this roster comes to beside the one it changes."""
    if book.roster is None:
        return None
    here = _figures(book.world, book.roster)
    if book.base_roster is None:
        rows = [row(text, whole(n)) for text, n in zip(_COST, here, strict=True)]
        return table("What this roster comes to", (*words("What"), *numbers("Now")), rows)
    before = _figures(book.base_world, book.base_roster)
    assert book.version is not None
    rows = [row(text, whole(b), whole(n), change(n - b)) for text, b, n in zip(_COST, before, here, strict=True)]
    return table(
        f"What it costs beside {name_of_roster(book.version.based_on or 0)}",
        (*words("What"), *numbers("Before", "In this roster", "Change")),
        rows,
    )


def _changed(book: Book) -> TableView | None:
    """Schools and zones to which other people come than before."""
    if book.roster is None or book.base_roster is None:
        return None
    before, now = Told(book.base_world, book.base_roster), book.told
    rows = []
    for service in book.world.partnership.services:
        for recipient in book.kept.facts.names:
            was, is_now = (told.people_for(service.service_id, recipient) for told in (before, now))
            if set(was) != set(is_now):
                rows.append(row(place_cell(book, recipient), service.name, _names(book, was), _names(book, is_now)))
    return table("Who comes instead", words("School or zone", "Service", "Before", "In this roster"), rows, empty="The same people go to the same schools and zones as before.")  # fmt: skip


def _names(book: Book, people: tuple[str, ...]) -> str:
    return listed([book.named(p).name for p in people]) or "nobody"


def wish_said(book: Book, wish: Wish) -> str:
    """A wish as a sentence."""
    who, where = book.named(wish.person_id).name, place(book, wish.recipient)
    when = "" if wish.half_term is None else f" in half-term {wish.half_term}"
    if wish.kind is WishKind.STAYS_AWAY:
        return f"{who} stays away from {where}{when}."
    return (
        f"{who} comes to {where}{when}."
        if when
        else f"{who} comes to {where} all year, and nobody else of the service who was not asked for."
    )


def _asked(book: Book) -> tuple[Asked, ...]:
    href = ""
    if may(Permission.CHANGE_PEOPLE_AND_ROSTER, book.kept.partnership_id) and book.version is not None:
        href = url_for("roster.take_back", partnership_id=book.kept.partnership_id, plan_id=book.kept.plan_id, version=book.number)
    return tuple(Asked(text=wish_said(book, wish), take_back_href=href, index=n) for n, wish in enumerate(book.request.wishes))


def settings_said(book: Book) -> tuple[str, ...]:
    """The settings of a roster that differ from the plan's, as sentences."""
    said = []
    if book.request.most_schools is not None:
        said.append(f"Nobody goes to more than {count(book.request.most_schools, 'school')} who has no limit of their own.")
    if book.request.non_driver_reach_metres is not None:
        said.append(f"Who does not drive goes {book.request.non_driver_reach_metres // METRES:,} km at most.")
    for one in book.request.people:
        most = "no limit of schools" if one.most_schools is None else f"{count(one.most_schools, 'school')} at most"
        pattern = f", {', '.join(str(n) for n in one.half_term_sessions)} half-days by half-term" if one.half_term_sessions else ""
        there = ""
        if one.first_half_term or one.last_half_term:
            there = f", there in half-terms {one.first_half_term or 1} to {one.last_half_term or HALF_TERMS}"
        said.append(f"{book.named(one.person_id).name}: {most}{pattern}{there}.")
    return tuple(said)


def _versions(tx: Transaction, book: Book) -> TableView:
    def href(number: int) -> str:
        return url_for("roster.overview", partnership_id=book.kept.partnership_id, plan_id=book.kept.plan_id, version=number)

    rows = [
        row(
            TableCell(text=f"Roster {one.id}", href=href(one.id)), one.note, name_of(tx, one.asked_by),
            moment(one.asked_at), TableCell(text="In use", tag="blue") if one.id == book.in_use else TableCell(text=STATES[one.state][0], tag=STATES[one.state][1]),
        )
        for one in book.versions
    ]  # fmt: skip
    if book.kept.facts.plan.roster is not None:
        used = TableCell(text="In use", tag="blue") if book.in_use == 0 else TableCell(text="There", tag="green")
        rows.append(
            row(
                TableCell(text="The plan's own names", href=href(0)), "Made with the plan.",
                "the planner", moment(book.kept.made_at), used,
            )
        )  # fmt: skip
    return table("All rosters of this plan", words("Roster", "What was asked", "By", "When", "State"), rows, empty="None yet.")


# --- one person ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person's year."""

    name: str
    sentence: str
    year: TableView
    links: tuple[tuple[str, str], ...]


def person_view(book: Book, number: int) -> PersonView | None:
    """Where a person goes, and what is spare."""
    found = book.person(number)
    if found is None:
        return None
    service, one = found
    given = given_to(book, service, one.person.person_id)
    total = by_half_term(given)
    rows: list[TableRow] = []
    for recipient, days in given.items():
        people = book.told.people_for(service.service_id, recipient)
        away = metres_a_visit(book.world, one.person, recipient) if one.person.based_at_urn else None
        shares = "alone" if len(people) == 1 else f"shares with {_names(book, tuple(p for p in people if p != one.person.person_id))}"
        rows.append(
            row(
                place_cell(book, recipient),
                *(whole(n) for n in days),
                whole(sum(days)),
                "not known" if away is None else f"{away / METRES:,.1f} km",
                shares,
            )
        )
    spare = tuple(can - n for can, n in zip(one.half_days, total, strict=True))
    rows.append(row("Planned", *(whole(n) for n in total), whole(sum(total)), "", "", is_total=True))
    rows.append(row("Can give", *(whole(n) for n in one.half_days), whole(one.half_days_a_year), "", "", is_total=True))
    rows.append(row("Spare", *(whole(n) for n in spare), whole(sum(spare)), "", "", is_total=True))
    schools = {urn for r in given for urn in urns_of(book.world, r)}
    most = one.person.most_schools
    limit = "and may go to any number" if most is None else f"and may go to no more than {count(most, 'school')}"
    links = []
    if may(Permission.CHANGE_PEOPLE_AND_ROSTER, book.kept.partnership_id):
        links = [
            ("Ask for a school, or keep them away", roster_url(book, "roster.change", person=number)),
            ("Change the working pattern", roster_url(book, "roster.person_settings", number=number)),
        ]
    return PersonView(
        name=one.person.name,
        sentence=f"{service.name}, {proposal_of(service)}. Goes to {len(schools):,} of the partnership's {count(len(book.world.partnership.schools), 'school')} {limit}. "
        + ("Drives." if one.person.drives else "Does not drive."),
        year=table(
            f"The year of {one.person.name}",
            (*words("School or zone"), *numbers(*_HEADINGS, "Year", "From base, one way"), *words("Who else")),
            rows,
            is_caption_hidden=True,
        ),
        links=tuple(links),
    )


# --- schools ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolView:
    """Who comes to a school and its zone."""

    name: str
    sentences: tuple[str, ...]
    comes: TableView


def school_view(book: Book, urn: int) -> SchoolView | None:
    """Who comes to a school and its zone, in which half-term, and what is delivered of it."""
    school = next((s for s in book.world.partnership.schools if s.urn == urn), None)
    if school is None:
        return None
    zone = book.world.picture.zone_of(urn).zone_id
    delivered = {(d.person_id, d.recipient): 0 for d in book.delivered}
    for d in book.delivered:
        delivered[d.person_id, d.recipient] += d.half_days
    rows, sentences = [], []
    for service in book.world.partnership.services:
        for recipient in (str(urn), zone):
            for person_id in book.told.people_for(service.service_id, recipient):
                days = book.told.given[service.service_id][person_id, recipient]
                rows.append(
                    row(
                        person_cell(book, person_id), service.name, "the school" if recipient == str(urn) else upper_first(in_zone(zone)),
                        *(whole(n) for n in days), whole(sum(days)), whole(delivered.get((person_id, recipient), 0)),
                    )
                )  # fmt: skip
    for short in () if book.roster is None else book.roster.undelivered:
        if short.recipient in {str(urn), zone}:
            service = next(s for s in book.world.partnership.services if s.service_id == short.service_id)
            whose = "the school" if short.recipient == str(urn) else in_zone(zone)
            sentences.append(f"Nobody can give {count(short.half_days, 'half-day')} of {service.name} that the plan gives {whose}.")
    if any(service.decision_right.value != "ours" for service in book.world.partnership.services):
        sentences.append("Names are a proposal to the employing service wherever the service is not ours to decide.")
    return SchoolView(
        name=school.name,
        sentences=tuple(sentences),
        comes=table(
            f"Who comes to {school.name}",
            (*words("Who", "Service", "For"), *numbers(*_HEADINGS, "Year", "Delivered so far")),
            rows,
            empty="Nobody yet: the roster gives this school no half-day.",
            is_caption_hidden=True,
        ),
    )


def schools_table(book: Book) -> TableView:
    """Every school and zone, and who comes."""
    rows = []
    for recipient in book.kept.facts.names:
        for service in book.world.partnership.services:
            people = book.told.people_for(service.service_id, recipient)
            short = next(
                (s.half_days for s in (() if book.roster is None else book.roster.undelivered) if (s.recipient, s.service_id) == (recipient, service.service_id)), 0
            )  # fmt: skip
            if people or short:
                days = [sum(book.told.given[service.service_id][p, recipient]) for p in people]
                rows.append(row(place_cell(book, recipient), service.name, _names(book, people), whole(sum(days)), whole(short)))
    return table(
        "Who comes to each school and zone",
        (*words("School or zone", "Service", "Who comes"), *numbers("Half-days", "Nobody can give")),
        rows,
        empty="The roster gives no half-day.",
        is_caption_hidden=True,
    )


# --- one half-term -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfTermView:
    """Where everybody is in one half-term."""

    number: int
    steps: tuple[Step, ...]
    sentence: str
    visits: TableView


def half_term_view(book: Book, half_term: int) -> HalfTermView | None:
    """Everybody's visits in one half-term, and who has time to spare."""
    if not 1 <= half_term <= HALF_TERMS:
        return None
    here = half_terms(book.world.partnership, book.world.policy)[half_term - 1]
    rows = []
    for _, service, one in book.people:
        given = {r: days[half_term - 1] for r, days in given_to(book, service, one.person.person_id).items() if days[half_term - 1]}
        total = sum(given.values())
        where = "; ".join(f"{place(book, r)}: {n}" for r, n in given.items())
        rows.append(
            row(
                person_cell(book, one.person.person_id),
                service.name,
                where or "nowhere",
                whole(total),
                whole(one.half_days[half_term - 1] - total),
            )
        )
    return HalfTermView(
        number=half_term,
        steps=tuple(
            Step(text=f"Half-term {h}", href=roster_url(book, "roster.half_term", half_term=h), is_here=h == half_term)
            for h in range(1, HALF_TERMS + 1)
        ),
        sentence=f"From {date_words(here.begins)} to {date_words(here.ends)}, by the policy's calendar.",
        visits=table(
            f"Where everybody is in half-term {half_term}",
            (*words("Who", "Service", "Half-days at"), *numbers("In all", "Spare")),
            rows,
            empty="Nobody is in post: bring figures with a sheet People.",
            is_caption_hidden=True,
        ),
    )
