"""What a service manager asks of a roster: who is to come, who is not, and the settings of its people; kept with the roster it led to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from planner.need import World, world_of
from planner.partnership import Person
from planner.policy import with_changes


class WishKind(StrEnum):
    """Whether a person is to come to a school or zone, or is not to."""

    COMES = "comes"
    STAYS_AWAY = "stays_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A person and a school or zone, for the year or for one half-term (1-6).

    Who comes for the year comes alone, or with others asked for; who comes in a half-term is there for one half-day at least.
    """

    kind: WishKind
    person_id: str
    recipient: str
    half_term: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSettings:
    """What replaces the figures of one person: most schools (None: no limit), half-days by half-term (none: by weeks), when they are there."""

    person_id: str
    most_schools: int | None = None
    half_term_sessions: tuple[int, ...] = ()
    first_half_term: int | None = None
    last_half_term: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRequest:
    """All that is asked of one roster. ``most_schools`` holds for everybody who has no limit of their own; metres for those who do not drive."""

    wishes: tuple[Wish, ...] = ()
    people: tuple[PersonSettings, ...] = ()
    most_schools: int | None = None
    non_driver_reach_metres: int | None = None

    def with_wishes(self, *wishes: Wish) -> RosterRequest:
        """The same with more wishes; a wish about the same person, place and half-term gives way to the new one."""
        about = {(w.person_id, w.recipient, w.half_term) for w in wishes}
        kept = tuple(w for w in self.wishes if (w.person_id, w.recipient, w.half_term) not in about)
        return replace(self, wishes=(*kept, *dict.fromkeys(wishes)))

    def without(self, wish: Wish) -> RosterRequest:
        """The same without one wish."""
        return replace(self, wishes=tuple(w for w in self.wishes if w != wish))

    def with_person(self, settings: PersonSettings) -> RosterRequest:
        """The same with other settings of one person."""
        return replace(self, people=(*(p for p in self.people if p.person_id != settings.person_id), settings))


def request_document(request: RosterRequest) -> dict[str, Any]:
    """A request as JSON data."""
    return asdict(request)


def request_from(document: Mapping[str, Any]) -> RosterRequest:
    """A request from its JSON data. KeyError, TypeError or ValueError if malformed."""
    return RosterRequest(
        wishes=tuple(Wish(**{**wish, "kind": WishKind(wish["kind"])}) for wish in document["wishes"]),
        people=tuple(PersonSettings(**{**one, "half_term_sessions": tuple(one["half_term_sessions"])}) for one in document["people"]),
        most_schools=document["most_schools"],
        non_driver_reach_metres=document["non_driver_reach_metres"],
    )


def asked_world(world: World, request: RosterRequest) -> World:
    """The world with the people and the reach as asked."""
    own = {one.person_id: one for one in request.people}
    people = tuple(_asked_person(person, own.get(person.person_id), request.most_schools) for person in world.partnership.people)
    metres = request.non_driver_reach_metres
    policy = world.policy if metres is None else with_changes(world.policy, {"roster.non_driver_reach_metres": metres})
    if people == world.partnership.people and policy is world.policy:
        return world
    return world_of(replace(world.partnership, people=people), policy)


def _asked_person(person: Person, own: PersonSettings | None, most_schools: int | None) -> Person:
    if own is not None:
        person = replace(
            person, most_schools=own.most_schools, half_term_sessions=own.half_term_sessions, first_half_term=own.first_half_term,
            last_half_term=own.last_half_term,
        )  # fmt: skip
    return replace(person, most_schools=most_schools) if person.most_schools is None and most_schools is not None else person


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """The wishes of one service as a roster asks them; ``half_term`` is 1-6."""

    alone: Mapping[str, frozenset[str]]
    away: frozenset[tuple[str, str]]
    comes_in: frozenset[tuple[str, str, int]]
    away_in: frozenset[tuple[str, str, int]]

    def may_come(self, person_id: str, recipient: str) -> bool:
        """Whether a person may come at all."""
        return (person_id, recipient) not in self.away and person_id in self.alone.get(recipient, {person_id})

    def is_timed(self, recipient: str) -> bool:
        """Whether a half-term is asked for at a school or zone."""
        return any(r == recipient for _, r, _ in (*self.comes_in, *self.away_in))


def wished(wishes: tuple[Wish, ...]) -> Wished:
    """Wishes in the order a roster asks them."""
    alone: dict[str, frozenset[str]] = {}
    for wish in wishes:
        if wish.kind is WishKind.COMES and wish.half_term is None:
            alone[wish.recipient] = alone.get(wish.recipient, frozenset()) | {wish.person_id}
    return Wished(
        alone=alone,
        away=frozenset((w.person_id, w.recipient) for w in wishes if w.kind is WishKind.STAYS_AWAY and w.half_term is None),
        comes_in=frozenset((w.person_id, w.recipient, w.half_term) for w in wishes if w.kind is WishKind.COMES and w.half_term),
        away_in=frozenset((w.person_id, w.recipient, w.half_term) for w in wishes if w.kind is WishKind.STAYS_AWAY and w.half_term),
    )


def of_service(world: World, wishes: tuple[Wish, ...], service_id: str) -> tuple[Wish, ...]:
    """The wishes about a service's people."""
    mine = {p.person_id for p in world.partnership.people_of(service_id)}
    return tuple(w for w in wishes if w.person_id in mine)
