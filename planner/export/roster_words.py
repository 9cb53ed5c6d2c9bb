"""The roster in words and small tables: what a plan's names come to, and the schedule of a service, a person or a school."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.delivered import with_names
from planner.need import World
from planner.offers import is_paid
from planner.partnership import HALF_TERMS, DecisionRight, Person, School, Service
from planner.plan import Plan
from planner.reasons import half_days
from planner.roster import Told, figures_of, practitioners
from planner.words import day, least_points, points_apart

NOT_READY = "No names yet: the search ended before the roster was ready, so the plan stands without it; give it more time."
NOTHING_TO_GIVE = "No names are needed: the plan gives no specialist time."
MOST_NAMED = 4
PROPOSAL = "a proposal to the employing service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a schedule: who or where, half-days by half-term, and whether it is the link practitioner's."""

    name: str
    half_days: tuple[int, ...]
    note: str = ""

    @property
    def year(self) -> int:
        """Half-days in the year."""
        return sum(self.half_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A heading and its lines."""

    title: str
    lines: tuple[Line, ...]


def roster_lines(plan: Plan, world: World) -> tuple[str, ...]:
    """What the names of a plan come to, in a few lines for a terminal or a page."""
    if plan.roster is None:
        return (NOT_READY,)
    if not plan.roster.rows and not plan.roster.undelivered:
        return (NOTHING_TO_GIVE,)
    here = figures_of(world, plan.roster)
    people = len({row.person_id for row in plan.roster.rows})
    known = (
        f"; {here.changes:,} {'school or zone sees' if here.changes == 1 else 'schools or zones see'} nobody they knew"
        if here.changes
        else ""
    )
    names = f"Names: {half_days(here.half_days)} from {people:,} {'person' if people == 1 else 'people'}, {_shared(here.shared)}{known}"
    travel = (
        f"{here.metres / 1000:,.0f} km to schools, one way, for those whose base is known"
        if here.metres
        else "nobody's base is known, so no travel is counted"
    )
    lines = [f"{names}; {travel}."]
    if plan.roster.rounds:
        lines.append(f"The plan was made again {_times(plan.roster.rounds)}, because nobody could give all that it gave at first.")
    if here.undelivered:
        lines.append(
            f"{half_days(here.undelivered)} of the plan {_have(here.undelivered)} nobody to give {_them(here.undelivered)}. {need_line(plan, world)}"
        )
        paid = {s.service_id for s in world.partnership.services if is_paid(world.partnership, s)}
        bought = sum(row.half_days for row in plan.roster.undelivered if row.service_id in paid)
        if bought:
            lines.append(f"The plan pays for {half_days(bought)} of them all the same.")
    return tuple(lines)


def need_line(plan: Plan, world: World) -> str:
    """Need met as planned and with what named people can give; '' where they can give all."""
    found = with_names(plan, world)
    if found is None:
        return ""
    planned, now = least_points(found.planned_points), least_points(found.points)
    return (
        f"Need met is {planned} points when the names can deliver them; "
        f"with what named people can give now it is {now}{_less(planned, now)}."
    )


def school_need_line(plan: Plan, world: World, urn: int) -> str:
    """The same for one school and its zone; '' where nothing of theirs waits for names."""
    found = with_names(plan, world)
    zone = world.picture.zone_of(urn).zone_id
    return " ".join(
        f"{half_days(one.half_days).capitalize()} planned for {'the school' if one.recipient == str(urn) else 'its zone'} "
        f"{_have(one.half_days)} nobody to give {_them(one.half_days)} yet: of {'its own' if one.recipient == str(urn) else 'the zone' + chr(39) + 's'} need "
        f"{least_points(one.planned_points)} points are met when the names can deliver, {least_points(one.points)} with what they can give now{_less(least_points(one.planned_points), least_points(one.points))}."
        for one in (() if found is None else found.short)
        if one.recipient in {str(urn), zone}
    )


def _less(planned: str, now: str) -> str:
    return ", hardly less" if planned == now else f", {points_apart(planned, now)} less"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _times(number: int) -> str:
    return "once" if number == 1 else "twice" if number == 2 else f"{number} times"


def _shared(number: int) -> str:
    return (
        "one link practitioner for each school and service"
        if not number
        else f"one link practitioner for each school and service but for {number:,} shared {'one' if number == 1 else 'ones'}"
    )


def undelivered_lines(plan: Plan, world: World) -> tuple[str, ...]:
    """For whom nobody has time, the most half-days first; nothing where all is given."""
    if plan.roster is None or not plan.roster.undelivered:
        return ()
    services = {s.service_id: s.name for s in world.partnership.services}
    parts = [
        f"{whose(world, row.recipient)} ({services[row.service_id]}, {row.half_days:,})"
        for row in sorted(plan.roster.undelivered, key=lambda row: -row.half_days)
    ]
    more = f" and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    return (f"They are for {', '.join(parts[:MOST_NAMED])}{more}.",)


def whose(world: World, recipient: str) -> str:
    """A recipient's name: the school's, or the zone with its schools."""
    school = next((s for s in world.partnership.schools if str(s.urn) == recipient), None)
    return school.name if school is not None else recipient if recipient.startswith("Zone ") else f"Zone {recipient}"


def proposal_of(service: Service) -> str:
    """What the names of a service are: ours to decide, or a proposal to whom."""
    if service.decision_right is DecisionRight.OURS:
        return "ours to decide"
    by = f", by {day(service.request_by)}" if service.request_by else ""
    return f"{PROPOSAL}: {service.request_to or service.employer}{by}"


def service_schedules(plan: Plan, world: World) -> Iterator[Schedule]:
    """Each service: its people, how many schools and zones each serves, and the half-days by half-term."""
    assert plan.roster is not None
    told = Told(world, plan.roster)
    for service in world.partnership.services:
        given = told.given.get(service.service_id, {})
        people = practitioners(world, service)
        if given:
            lines = []
            for one in people:
                mine = [days for (p, _), days in given.items() if p == one.person.person_id]
                total = tuple(sum(days[h] for days in mine) for h in range(HALF_TERMS))
                free = one.half_days_a_year - sum(total)
                lines.append(Line(name=one.person.name, half_days=total, note=f"{len(mine)} served, {free} free"))
            yield Schedule(title=f"{service.name} ({proposal_of(service)})", lines=tuple(lines))


def person_schedule(plan: Plan, world: World, person: Person) -> Schedule:
    """Where a person goes, most half-days first."""
    assert plan.roster is not None
    told = Told(world, plan.roster)
    service = next(s for s in world.partnership.services if s.service_id == person.service_id)
    given = told.given.get(service.service_id, {})
    mine = sorted(((r, days) for (p, r), days in given.items() if p == person.person_id), key=lambda pair: -sum(pair[1]))
    return Schedule(
        title=f"{person.name}, {service.name} ({proposal_of(service)})",
        lines=tuple(Line(name=whose(world, r), half_days=days, note=_role_of(told, service, r, person.person_id)) for r, days in mine),
    )


def school_schedule(plan: Plan, world: World, school: School) -> Schedule:
    """Who comes to a school, and to its zone, from each service."""
    assert plan.roster is not None
    told = Told(world, plan.roster)
    people = {p.person_id: p for p in world.partnership.people}
    zone = world.picture.zone_of(school.urn).zone_id
    lines = []
    for service in world.partnership.services:
        for recipient in (str(school.urn), zone):
            for person_id in told.people_for(service.service_id, recipient):
                days = told.given[service.service_id][person_id, recipient]
                shared = f", for {whose(world, zone)}" if recipient == zone else ""
                note = f"{service.name}{shared}: {_role_of(told, service, recipient, person_id)}"
                lines.append(Line(name=people[person_id].name, half_days=days, note=note))
    return Schedule(title=school.name, lines=tuple(lines))


def _role_of(told: Told, service: Service, recipient: str, person_id: str) -> str:
    who = told.people_for(service.service_id, recipient)
    if len(who) == 1:
        return "link practitioner"
    return "link practitioner, shared" if who[0] == person_id else "shares, for nobody could give it all"


def as_table(schedule: Schedule, *, heading: str = "") -> list[str]:
    """A schedule as lines of text."""
    if not schedule.lines:
        return [schedule.title, "  nothing planned"]
    width = max(len(heading), *(len(line.name) for line in schedule.lines))
    head = f"  {heading:<{width}}  {_columns([f'{h}' for h in range(1, HALF_TERMS + 1)])}  {'year':>5}"
    rows = [
        f"  {line.name:<{width}}  {_columns([str(n or '-') for n in line.half_days])}  {line.year:>5}  {line.note}".rstrip()
        for line in schedule.lines
    ]
    return [schedule.title, head, *rows]


def _columns(cells: Sequence[str]) -> str:
    return " ".join(f"{cell:>4}" for cell in cells)
