"""What the pages of a roster stand on: the plan, the version that is shown, which one people work by, what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from planner.need import World
from planner.partnership import Person, Service
from planner.plan import Roster
from planner.roster import Practitioner, Told, practitioners
from planner.roster_documents import roster_from
from planner.roster_requests import RosterRequest, asked_world, request_from
from planner.store import AnswerState, Transaction
from planner.store.rosters import DeliveredRow, RosterChoice, RosterVersion, StoredRoster
from web.shelf import KeptPlan

OWN = 0
"""Stands for the plan's own names where versions are numbered."""


@dataclass(frozen=True)
class Book:
    """One roster of a plan. ``version`` is None for the plan's own names; ``base`` is what it changes."""

    kept: KeptPlan
    version: StoredRoster | None
    base: StoredRoster | None
    versions: tuple[RosterVersion, ...]
    choice: RosterChoice | None
    delivered: tuple[DeliveredRow, ...]

    @property
    def number(self) -> int:
        """The version's number, 0 for the plan's own names."""
        return OWN if self.version is None else self.version.id

    @property
    def in_use(self) -> int:
        """The number of the roster that people work by."""
        return OWN if self.choice is None or self.choice.version_id is None else self.choice.version_id

    @property
    def is_going(self) -> bool:
        """Whether it is still to be made."""
        return self.version is not None and self.version.state in {AnswerState.QUEUED, AnswerState.RUNNING}

    @cached_property
    def request(self) -> RosterRequest:
        """What is asked of it."""
        return RosterRequest() if self.version is None else request_from(self.version.request)

    @cached_property
    def world(self) -> World:
        """The plan's world, with the people as asked."""
        return asked_world(self.kept.facts.world, self.request)

    @cached_property
    def roster(self) -> Roster | None:
        """Who goes where; None where there is none."""
        return self._roster_of(self.version)

    @cached_property
    def base_roster(self) -> Roster | None:
        """Who went where before what is asked here."""
        return None if self.version is None else self._roster_of(self.base)

    @cached_property
    def base_world(self) -> World:
        """The world of the roster before."""
        return self.kept.facts.world if self.base is None else asked_world(self.kept.facts.world, request_from(self.base.request))

    @cached_property
    def told(self) -> Told:
        """The roster by service and person."""
        return Told(self.world, self.roster or Roster(rows=()))

    @cached_property
    def people(self) -> tuple[tuple[int, Service, Practitioner], ...]:
        """Everybody in post, by service: their number in addresses, the service, what they can give."""
        numbers = {p.person_id: n for n, p in enumerate(self.world.partnership.people, start=1)}
        return tuple(
            (numbers[one.person.person_id], service, one)
            for service in self.world.partnership.services
            for one in practitioners(self.world, service)
        )

    def person(self, number: int) -> tuple[Service, Practitioner] | None:
        """Somebody in post by their number in addresses."""
        return next(((service, one) for n, service, one in self.people if n == number), None)

    def number_of(self, person_id: str) -> int:
        """A person's number in addresses."""
        return next(n for n, p in enumerate(self.world.partnership.people, start=1) if p.person_id == person_id)

    def named(self, person_id: str) -> Person:
        """A person by id."""
        return next(p for p in self.world.partnership.people if p.person_id == person_id)

    def _roster_of(self, version: StoredRoster | None) -> Roster | None:
        if version is None:
            return self.kept.facts.plan.roster
        return None if version.document is None else roster_from(version.document)


def open_book(tx: Transaction, kept: KeptPlan, number: int | None, *, in_use_only: bool = False) -> Book | None:
    """The roster of this number, None for the one people work by; None where there is no such version.

    Where nobody chose one and the plan holds no names, it is the newest, but for ``in_use_only``.
    """
    here = {"partnership_id": kept.partnership_id, "plan_id": kept.plan_id}
    choice = tx.rosters.choice(**here)
    versions = tx.rosters.versions(**here)
    if number is None:
        number = choice.version_id or OWN if choice is not None else OWN
        if choice is None and kept.facts.plan.roster is None and versions and not in_use_only:
            number = versions[0].id
    version = tx.rosters.version(**here, version_id=number) if number else None
    if number and version is None:
        return None
    base = tx.rosters.version(**here, version_id=version.based_on) if version is not None and version.based_on else None
    return Book(kept=kept, version=version, base=base, versions=versions, choice=choice, delivered=tx.rosters.delivered(**here))
