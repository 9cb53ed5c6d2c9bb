"""Whether a request of a roster can be, and whether a roster keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from planner.need import World
from planner.partnership import HALF_TERMS
from planner.plan import Amounts, Roster
from planner.roster import asked_of, can_reach, practitioners, schools_counted
from planner.roster_requests import RosterRequest, Wish, Wished, WishKind, of_service, wished


def wish_faults(world: World, amounts: Amounts, request: RosterRequest) -> Iterator[str]:
    """Why a request cannot be, in sentences that say what would make it possible; nothing where a roster can be sought."""
    for settings in request.people:
        if len(settings.half_term_sessions) not in {0, HALF_TERMS}:
            yield f"A working pattern has {HALF_TERMS} numbers, one for each half-term."
    people = {p.person_id: p for p in world.partnership.people}
    for wish in request.wishes:
        if wish.person_id not in people or people[wish.person_id].is_vacant:
            yield f"{people[wish.person_id].name if wish.person_id in people else wish.person_id} is not in post: choose somebody who is."
    for service in world.partnership.services:
        mine = of_service(world, request.wishes, service.service_id)
        asked, every = asked_of(amounts, service), wished(mine)
        can = {one.person.person_id: one for one in practitioners(world, service)}
        per_half_term: Counter[tuple[str, int]] = Counter((p, h) for p, _, h in every.comes_in)
        per_recipient: Counter[str] = Counter(r for _, r, _ in every.comes_in)
        for wish in mine:
            where, one = _name(world, wish.recipient), can.get(wish.person_id)
            if one is None:
                continue
            if not asked.get(wish.recipient):
                yield f"The plan gives {where} no half-day of {service.name}: choose a school or zone that gets some."
            elif wish.kind is WishKind.COMES:
                yield from _why_not(world, wish, every, where)
        for (person_id, half_term), n in per_half_term.items():
            if person_id in can and n > can[person_id].half_days[half_term - 1]:
                yield (
                    f"{people[person_id].name} has {can[person_id].half_days[half_term - 1]} half-days in half-term {half_term}, fewer than the schools "
                    "asked for: ask for fewer, or change the working pattern."
                )
        for person_id in dict.fromkeys(p for p, _, _ in every.comes_in):
            most = people[person_id].most_schools
            schools = sum(schools_counted(world, r, asked.get(r, 0)) for r in {r for p, r, _ in every.comes_in if p == person_id})
            if most is not None and schools > most:
                yield f"{people[person_id].name} is asked to come to {schools} schools, and {most} are the most: ask for fewer, or set more."
        for recipient, n in per_recipient.items():
            if n > asked.get(recipient, n):
                yield f"The plan gives {_name(world, recipient)} fewer half-days than are asked for by half-term: ask for fewer."


def _why_not(world: World, wish: Wish, every: Wished, where: str) -> Iterator[str]:
    person = next(p for p in world.partnership.people if p.person_id == wish.person_id)
    if not can_reach(world, person, wish.recipient):
        yield f"{person.name} does not drive, and {where} is too far: let them go further in the settings."
    if not every.may_come(wish.person_id, wish.recipient):
        yield f"{person.name} is asked to come to {where}, and to stay away or leave it to others: take one of these back."
    if wish.half_term is not None and (wish.person_id, wish.recipient, wish.half_term) in every.away_in:
        yield f"{person.name} is asked to come to {where} in half-term {wish.half_term} and to stay away: take one of these back."


def kept_faults(world: World, roster: Roster, wishes: tuple[Wish, ...]) -> Iterator[str]:
    """Every wish that a roster does not keep; half-days that nobody gives break none."""
    came = {(row.person_id, row.recipient, row.half_term) for row in roster.rows}
    for service in world.partnership.services:
        every = wished(of_service(world, wishes, service.service_id))
        for row in roster.rows:
            if row.service_id == service.service_id and not every.may_come(row.person_id, row.recipient):
                yield f"The roster sends {row.person_id} to {row.recipient}, which was asked not to be."
        for person_id, recipient, half_term in every.away_in & came:
            yield f"The roster sends {person_id} to {recipient} in half-term {half_term}, which was asked not to be."
        for person_id, recipient, half_term in every.comes_in - came:
            yield f"The roster does not send {person_id} to {recipient} in half-term {half_term}, which was asked."


def _name(world: World, recipient: str) -> str:
    return next((s.name for s in world.partnership.schools if str(s.urn) == recipient), recipient)
