"""The roster: which named person gives a plan's half-days to which school or zone, in which half-term.

Half-days are whole and each is a visit. What a person can give follows from the post alone (``practitioners``), so
every roster is checked exactly, in plain Python: ``roster_faults`` names whatever could not be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, isqrt, lcm

from planner.need import World
from planner.partnership import HALF_TERMS, DecisionRight, Person, Service
from planner.plan import Amounts, Roster, RosterRow, Undelivered
from planner.roster_requests import Wish, Wished, of_service, wished
from planner.rounding import largest_remainder
from planner.supply import distance_squared, school_of

Given = Mapping[tuple[str, str], tuple[int, ...]]
"""(person id, recipient) -> half-days in each half-term, of one service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practitioner:
    """What a person in post can give: half-days in each half-term after statutory work and other duties.

    ``spread`` are the weights by which the person's time falls on the half-terms.
    """

    person: Person
    half_days: tuple[int, ...]
    spread: tuple[int, ...]

    @property
    def half_days_a_year(self) -> int:
        """Half-days in the whole year."""
        return sum(self.half_days)


# --- what people can give ------------------------------------------------------------------


def practitioners(world: World, service: Service) -> tuple[Practitioner, ...]:
    """The people in post of a service, in the order given, and what each can give.

    Statutory work of vacant posts, and what is more than a person's own time, falls on the others in proportion to the
    time they have left; so the half-days of all come to the service's own after statutory work and other duties. Where
    other duties need not be kept back, or only at a price, their time can be given too.
    """
    people = world.partnership.people_of(service.service_id)
    in_post = [p for p in people if not p.is_vacant]
    has_duties = world.policy.is_hard("vacancy_held_back")
    left = [p.sessions_a_year - p.statutory_sessions - p.other_duties_sessions * has_duties for p in in_post]
    carried = sum(p.statutory_sessions for p in people if p.is_vacant) - sum(min(0, one) for one in left)
    own = [max(0, one) for one in left]
    taken = largest_remainder(min(carried, sum(own)), own)
    found = []
    for person, most, less in zip(in_post, own, taken, strict=True):
        spread = spread_of(world, person)
        found.append(Practitioner(person=person, half_days=tuple(largest_remainder(most - less, spread)), spread=spread))
    return tuple(found)


def spread_of(world: World, person: Person) -> tuple[int, ...]:
    """Weights of the half-terms for a person: as entered, else the policy's weeks; nought while the person is not there."""
    weeks = world.policy.roster.weeks
    whole = lcm(*(week.denominator for week in weeks))
    weights = person.half_term_sessions if any(person.half_term_sessions) else tuple(int(week * whole) for week in weeks)
    first, last = person.first_half_term or 1, person.last_half_term or HALF_TERMS
    return tuple(weight if first <= h <= last else 0 for h, weight in enumerate(weights, start=1))


def urns_of(world: World, recipient: str) -> tuple[int, ...]:
    """The schools a recipient's visits are to: the school itself, or a zone's schools."""
    return next((z.urns for z in world.picture.zones if z.zone_id == recipient), None) or (int(recipient),)


def schools_counted(world: World, recipient: str, half_days: int) -> int:
    """How many schools a recipient counts for in ``most_schools``: a zone's schools, but no more than its half-days."""
    return min(len(urns_of(world, recipient)), half_days)


def metres_a_visit(world: World, person: Person, recipient: str) -> int:
    """Straight-line metres from where a person is based to a recipient, a zone's schools on average; 0 where no base is known."""
    distances = _metres(world, person, recipient)
    return sum(distances) // len(distances) if distances else 0


def can_reach(world: World, person: Person, recipient: str) -> bool:
    """Whether a person can go to a recipient's schools: everybody who drives, or whose base is not known, or who is near enough."""
    most = world.policy.roster.non_driver_reach_metres
    return person.drives or most is None or all(metres <= most for metres in _metres(world, person, recipient))


def _metres(world: World, person: Person, recipient: str) -> list[int]:
    base = next((s for s in world.partnership.schools if s.urn == person.based_at_urn), None)
    if base is None:
        return []
    schools = [school_of(world.partnership, urn) for urn in urns_of(world, recipient)]
    return [isqrt(distance_squared(base.easting_metres, base.northing_metres, s.easting_metres, s.northing_metres)) for s in schools]


def known_last_year(world: World, service: Service, recipient: str) -> frozenset[str]:
    """Who of the people still in post came to a recipient's schools last year; empty where nobody did or nobody is left."""
    still = {p.person_id for p in world.partnership.people_of(service.service_id) if not p.is_vacant}
    urns = set(urns_of(world, recipient))
    return frozenset(
        link.person_id
        for link in world.partnership.last_year_links
        if link.service_id == service.service_id and link.urn in urns and link.person_id in still
    )


def asked_of(amounts: Amounts, service: Service) -> dict[str, int]:
    """Half-days a plan gives each recipient from a service, those with none left out."""
    if service.decision_right is DecisionRight.INFORMATION:
        return {}
    return {r: n for (r, service_id), n in amounts.sessions.items() if service_id == service.service_id and n > 0}


# --- pace ----------------------------------------------------------------------------------


def even_half_days(half_days: int, spread: Sequence[int]) -> tuple[Fraction, ...]:
    """A year's half-days spread exactly as weights say, in each half-term."""
    everything = sum(spread)
    return tuple(Fraction(half_days * weight, everything) if everything else Fraction(0) for weight in spread)


def uneven_half_days(given: Sequence[int], spread: Sequence[int]) -> int:
    """How many half-days are out of an even pace: beyond rounding, in each half-term and counted up to its end."""
    even = even_half_days(sum(given), spread)
    uneven, so_far, even_so_far = 0, 0, Fraction(0)
    for now, due in zip(given, even, strict=True):
        so_far, even_so_far = so_far + now, even_so_far + due
        uneven += _beyond(now, due) + _beyond(so_far, even_so_far)
    return uneven


def _beyond(number: int, due: Fraction) -> int:
    return max(0, number - ceil(due), floor(due) - number)


# --- what a roster comes to --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFigures:
    """What a roster comes to. Metres are to the schools, one way, one visit a half-day."""

    half_days: int
    undelivered: int
    shared: int
    changes: int
    metres: int
    uneven: int


@dataclass(frozen=True, slots=True)
class Told:
    """A roster by service and recipient, and by person: what the pages and the schedules read."""

    world: World
    roster: Roster
    given: dict[str, dict[tuple[str, str], tuple[int, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        by: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(dict)
        for row in self.roster.rows:
            by[row.service_id].setdefault((row.person_id, row.recipient), [0] * HALF_TERMS)[row.half_term - 1] += row.half_days
        self.given.update({service: {key: tuple(days) for key, days in rows.items()} for service, rows in by.items()})

    def people_for(self, service_id: str, recipient: str) -> tuple[str, ...]:
        """Who gives a recipient half-days, the link practitioner first."""
        order = {p.person_id: n for n, p in enumerate(self.world.partnership.people)}
        days = {p: sum(g) for (p, r), g in self.given.get(service_id, {}).items() if r == recipient}
        return tuple(sorted(days, key=lambda p: (-days[p], order[p])))

    def link(self, service_id: str, recipient: str) -> str:
        """The link practitioner: who gives most, of two alike the one entered first; '' when nobody gives any."""
        return next(iter(self.people_for(service_id, recipient)), "")


def figures_of(world: World, roster: Roster) -> RosterFigures:
    """What a roster comes to, recomputed from its rows."""
    told = Told(world, roster)
    people = {p.person_id: p for p in world.partnership.people}
    services = {s.service_id: s for s in world.partnership.services}
    shared = changes = metres = uneven = 0
    for service_id, given in told.given.items():
        for (person_id, recipient), days in given.items():
            metres += sum(days) * metres_a_visit(world, people[person_id], recipient)
            uneven += uneven_half_days(days, spread_of(world, people[person_id]))
        for recipient in dict.fromkeys(r for _, r in given):
            shared += len(told.people_for(service_id, recipient)) - 1
            known = known_last_year(world, services[service_id], recipient)
            changes += bool(known) and known.isdisjoint(told.people_for(service_id, recipient))
    return RosterFigures(
        half_days=sum(row.half_days for row in roster.rows), undelivered=sum(row.half_days for row in roster.undelivered),
        shared=shared, changes=changes, metres=metres, uneven=uneven,
    )  # fmt: skip


# --- the audit -----------------------------------------------------------------------------


def roster_faults(world: World, amounts: Amounts, roster: Roster, wishes: tuple[Wish, ...] = ()) -> Iterator[str]:
    """Everything about a roster that cannot be, in sentences; nothing when it holds. Exact, with no solver.

    ``wishes`` only excuse what is shared; whether they are kept is for ``roster_wishes``.
    """
    strange = list(_misplaced(world, roster))
    yield from strange
    if strange:
        return
    told = Told(world, roster)
    for service in world.partnership.services:
        yield from _sums(amounts, roster, service)
        people = practitioners(world, service)
        given = told.given.get(service.service_id, {})
        yield from _too_much(world, people, given)
        yield from _shared_without_need(world, people, given, wished(of_service(world, wishes, service.service_id)))


def _misplaced(world: World, roster: Roster) -> Iterator[str]:
    """Rows about people, services, recipients or half-terms that are not there, or that stand twice."""
    services = {s.service_id: s for s in world.partnership.services}
    people = {p.person_id: p for p in world.partnership.people}
    recipients = {"school": {str(s.urn) for s in world.partnership.schools}, "zone": {z.zone_id for z in world.picture.zones}}
    seen = set()
    every: tuple[RosterRow | Undelivered, ...] = (*roster.rows, *roster.undelivered)
    for row in every:
        service = services.get(row.service_id)
        if service is None or row.recipient not in recipients[world.policy.role(service.role).serves] or row.half_days < 1:
            yield f"The roster has {row.half_days} half-days of {row.service_id} for {row.recipient}, which cannot be."
            continue
        key: tuple[object, ...] = (row.recipient, row.service_id)
        if isinstance(row, RosterRow):
            person = people.get(row.person_id)
            if person is None or person.is_vacant or person.service_id != row.service_id:
                yield f"The roster names {row.person_id} for {row.service_id}, who is not in post there."
                continue
            if not 1 <= row.half_term <= HALF_TERMS:
                yield f"The roster has a half-term {row.half_term}."
            if not can_reach(world, person, row.recipient):
                yield f"The roster sends {row.person_id}, who does not drive, to {row.recipient}, which is too far."
            key = (row.person_id, row.recipient, row.service_id, row.half_term)
        if key in seen:
            yield f"The roster has two rows for {' and '.join(str(part) for part in key)}."
        seen.add(key)


def _sums(amounts: Amounts, roster: Roster, service: Service) -> Iterator[str]:
    """What is given and what nobody can give come to the plan's half-days, recipient by recipient."""
    asked = asked_of(amounts, service)
    has: dict[str, int] = defaultdict(int)
    every: tuple[RosterRow | Undelivered, ...] = (*roster.rows, *roster.undelivered)
    for row in every:
        if row.service_id == service.service_id:
            has[row.recipient] += row.half_days
    for recipient in sorted(set(asked) | set(has)):
        if asked.get(recipient, 0) != has[recipient]:
            yield (
                f"The roster has {has[recipient]} half-days of {service.service_id} for {recipient}, "
                f"and the plan gives {asked.get(recipient, 0)}."
            )


def _too_much(world: World, people: Sequence[Practitioner], given: Given) -> Iterator[str]:
    """More than a person can give in a half-term, or to more schools than the person serves."""
    for one in people:
        name = one.person.person_id
        mine = {r: days for (p, r), days in given.items() if p == name}
        for h in range(HALF_TERMS):
            has = sum(days[h] for days in mine.values())
            if has > one.half_days[h]:
                yield f"The roster gives {name} {has} half-days in half-term {h + 1}, and {one.half_days[h]} are free."
        schools = sum(schools_counted(world, r, sum(days)) for r, days in mine.items())
        if one.person.most_schools is not None and schools > one.person.most_schools:
            yield f"The roster sends {name} to {schools} schools, and {one.person.most_schools} are the most."


def _shared_without_need(world: World, people: Sequence[Practitioner], given: Given, asked: Wished) -> Iterator[str]:
    """A recipient served by two people although one of the service could give it all, at the same times."""
    by_recipient: dict[str, list[str]] = defaultdict(list)
    for person_id, recipient in given:
        by_recipient[recipient].append(person_id)
    for recipient, names in by_recipient.items():
        if len(names) > 1:
            could = next((one.person.person_id for one in people if could_give_all(world, one, recipient, given, asked)), None)
            if could is not None:
                yield f"The roster shares {recipient} between {' and '.join(sorted(names))}, and {could} could give it all."


def could_give_all(world: World, one: Practitioner, recipient: str, given: Given, asked: Wished) -> bool:
    """Whether a person could take over all that a recipient is given, in the same half-terms, all else and every wish as it is."""
    name = one.person.person_id
    if not can_reach(world, one.person, recipient) or not asked.may_come(name, recipient) or asked.is_timed(recipient):
        return False
    whole = [sum(days[h] for (_, r), days in given.items() if r == recipient) for h in range(HALF_TERMS)]
    others = {r: days for (p, r), days in given.items() if p == name and r != recipient}
    schools = sum(schools_counted(world, r, sum(days)) for r, days in others.items()) + schools_counted(world, recipient, sum(whole))
    if one.person.most_schools is not None and schools > one.person.most_schools:
        return False
    return all(sum(days[h] for days in others.values()) + whole[h] <= one.half_days[h] for h in range(HALF_TERMS))
