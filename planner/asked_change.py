"""A change as somebody asked for it on a page: plain data that the store keeps, made into the change it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from planner import changes
from planner.changes import Change
from planner.documents import Json, from_plain, to_plain
from planner.errors import InputMustBeMended
from planner.hosts import BaseSought
from planner.need import World
from planner.offered import MoneyOffered, TimeOffered, more_is_offered
from planner.partnership import ADDED, Partnership
from planner.plan import Amounts


class What(StrEnum):
    """What may change during the year."""

    LEAVES = "leaves"
    VACANT = "vacant"
    ASSESSMENTS = "assessments"
    MONEY = "money"
    SCHOOL_LEAVES = "school-leaves"
    JOINS = "joins"
    MORE = "more"
    BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedChange:
    """A change asked for: ``which`` is the post, service, fund (empty: all) or URN it is about, ``half_term`` the first that can change.

    ``number`` is percent or assessments, ``each`` the half-days of an assessment as a fraction, ``version`` the newer
    figures that hold the schools that join. ``time`` and ``money`` are what is offered, ``base`` one whose host is looked for.
    """

    what: What
    half_term: int | None = None
    which: str = ""
    number: int = 0
    each: str = ""
    version: int = 0
    time: tuple[TimeOffered, ...] = field(default=(), metadata=ADDED)
    money: tuple[MoneyOffered, ...] = field(default=(), metadata=ADDED)
    base: BaseSought | None = field(default=None, metadata=ADDED)


def as_data(asked: AskedChange) -> Json:
    """The change as JSON data."""
    data: Json = to_plain(asked)
    return data


def from_data(data: Json) -> AskedChange:
    """The change that JSON data holds."""
    asked: AskedChange = from_plain(AskedChange, data)
    return asked


def change_of(asked: AskedChange, world: World, plan: Amounts, newer: Partnership | None = None) -> Change:
    """What is asked, made of the world a plan was made for; raises ``InputMustBeMended`` where it cannot be."""
    half_term = asked.half_term
    if asked.what is What.LEAVES:
        if half_term is None:
            raise InputMustBeMended("Choose at the start of which half-term the person leaves.")
        return changes.post_leaves(world, asked.which, half_term)
    if asked.what is What.VACANT:
        return changes.time_falls_vacant(world, asked.which, asked.number, half_term)
    if asked.what is What.ASSESSMENTS:
        return changes.assessments_added(world, asked.which, asked.number, Fraction(asked.each), half_term)
    if asked.what is What.MONEY:
        return changes.money_changes(world, asked.number, asked.which or None, half_term)
    if asked.what is What.SCHOOL_LEAVES:
        return changes.school_leaves(world, plan, int(asked.which), half_term)
    if asked.what is What.MORE:
        return more_is_offered(world, asked.time, asked.money, half_term)
    if asked.what is not What.JOINS:
        raise InputMustBeMended("Where a base could stand is asked of each host, and is no change of the plan.")
    if newer is None:
        raise InputMustBeMended("The newer figures that hold the schools that join are not there: bring them first.")
    return joins(world, newer, half_term)


def joins(world: World, newer: Partnership, half_term: int | None) -> Change:
    """Every school of the newer figures that the plan does not hold joins; raises ``InputMustBeMended`` where there is none."""
    had = {school.urn for school in world.partnership.schools}
    urns = [school.urn for school in newer.schools if school.urn not in had]
    if not urns:
        raise InputMustBeMended("The newest figures hold no school that the plan does not: bring figures with the schools that join first.")
    return changes.schools_join(world, newer, urns, half_term)
