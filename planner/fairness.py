"""What the board's rules of fairness promise, in exact figures: shares of hosts, steps of secondaries, caps, floors, value received.

The audit, the model and the certificate's statement read these figures; each states its rule over them by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from planner.need import PLACE, Cell, World
from planner.offers import dearest_pounds
from planner.partnership import GRANT_ITEM, Base, Consent, DecisionRight, LastYear, Partnership, Phase, School
from planner.policy import Policy
from planner.rounding import half_up
from planner.supply import (
    host_condition,
    most_given_places,
    most_planned_places,
    places_now,
    service_supply,
    sizes_of,
    smallest_useful_places,
)

SHARE_UNITS = 10_000
"""A host's share of its zone's need is kept in whole hundredths of a percent, so that the rule has whole coefficients."""
PER_PUPILS = 1000


# --- host share --------------------------------------------------------------------------


def host_shares(world: World, base: Base) -> dict[str, int]:
    """Cell id -> the host's share of its zone's expected pupils for a place standard, hundredths of a percent to the nearest; only its own zone."""
    shares: dict[str, int] = {}
    zone = world.picture.zone_of(base.host_urn)
    for cell in world.picture.cells:
        if cell.recipient == zone.zone_id and cell.requirement(PLACE):
            everybody = sum((_expected(world, cell, urn) for urn in zone.urns), Fraction(0))
            if everybody:
                shares[cell.cell_id] = half_up(SHARE_UNITS * _expected(world, cell, base.host_urn) / everybody)
    return shares


def _expected(world: World, cell: Cell, urn: int) -> Fraction:
    standard = world.policy.standard(cell.standard_id)
    needs = (n for n in world.picture.school_needs if n.urn == urn and n.need == standard.need and standard.phase in {None, n.phase})
    return sum((n.expected_pupils for n in needs), Fraction(0))


def host_limit(base: Base, size: int, policy: Policy) -> int:
    """The most places of a base at a size that may be its host's own, in the units of ``host_shares``: the board's percent of those it gives this year, all of them where it is no larger than now."""
    return (policy.board.host_share_percent * 100 if size > places_now(base) else SHARE_UNITS) * most_given_places(base, size, policy)


# --- phases and secondaries --------------------------------------------------------------


def places_for_information(partnership: Partnership, phase: Phase) -> int:
    """Places now of a phase in open bases that are not planned here."""
    return sum(places_now(b) for b in partnership.bases if b.phase is phase and b.decision_right is DecisionRight.INFORMATION)


def secondary_steps(world: World) -> dict[int, int]:
    """URN -> the least places that planned secondary bases at a school must have this year; only schools that could host.

    The straight line from today's places to the target, rounded down; where the sizes or the host's limit do not go so far,
    the most that they allow.
    """
    p = world.partnership
    steps: dict[int, int] = {}
    for school in p.schools:
        bases = [b for b in p.bases if b.host_urn == school.urn and b.phase is Phase.SECONDARY]
        planned = [b for b in bases if b.decision_right is not DecisionRight.INFORMATION and sizes_of(b)]
        if school.secondary_pupils and planned and host_condition(p, school.urn).consent is Consent.YES:
            now = sum(places_now(b) for b in bases)
            fixed = sum(places_now(b) for b in bases if b.decision_right is DecisionRight.INFORMATION)
            least = min(floor(_on_the_line(world, school, now)) - fixed, _most_places(world, school.urn, planned))
            if least > 0:
                steps[school.urn] = least
    return steps


def _on_the_line(world: World, school: School, now: int) -> Fraction:
    """Places at a secondary this year on the straight line to the target; 0 where it has the target already."""
    board = world.policy.board
    target = school.secondary_pupils * board.secondary_places_per_1000 / PER_PUPILS
    years = max(board.secondary_places_target_year - int(world.partnership.academic_year[:4]), 0) + 1
    return now + (target - now) / years if target > now else Fraction(0)


def _most_places(world: World, urn: int, planned: list[Base]) -> int:
    """The most places that these bases of a host can have together, within their sizes and what the host agreed to."""
    p, policy = world.partnership, world.policy
    limit = most_planned_places(p, host_condition(p, urn)) if policy.is_on("host_most_places") else None
    others = [b for b in p.bases if b.host_urn == urn and b not in planned and b.decision_right is not DecisionRight.INFORMATION]
    least_of_others = sum(min((k for k in _sizes(policy, b)), default=0) for b in others)
    totals = {0}
    for base in planned:
        totals = {total + size for total in totals for size in (0, *_sizes(policy, base))}
    return max((t for t in totals if limit is None or t + least_of_others <= limit), default=0)


def _sizes(policy: Policy, base: Base) -> Iterator[int]:
    """Sizes that a base may have by its own rules, nought where it may be closed."""
    if not base.is_open or base.may_close:
        yield 0
    least = base.pupils_now if base.is_open else smallest_useful_places(base, policy) if policy.is_on("smallest_useful_base") else 0
    yield from (size for size in sizes_of(base) if size >= least)


# --- specialist time, value received, standards -------------------------------------------


def capped_sessions(world: World) -> Iterator[tuple[LastYear, int]]:
    """Last year's row of a school and service, and the most half-days this year: the board's cap, rounded up, or the smallest block if more."""
    policy = world.policy
    services = {s.service_id: s for s in world.partnership.services}
    for row in world.partnership.last_year:
        if row.item != GRANT_ITEM and row.amount:
            block = service_supply(world.partnership, policy, services[row.item]).minimum_block_sessions if row.item in services else 1
            most = ceil(row.amount * (100 + policy.board.sessions_cap_percent) / 100)
            yield row, max(most, block if policy.is_on("smallest_block") else 0)


def session_value_pounds(world: World) -> dict[str, int]:
    """Service id -> what a half-day is worth to a school by itself: its price, or the dearest offer's where it has none; in kind the policy's value."""
    p, policy = world.partnership, world.policy
    return {s.service_id: dearest_pounds(p, s) or policy.role(s.role).value_pounds_per_session for s in p.services}


def paid_in_pounds(partnership: Partnership) -> dict[int, int]:
    """URN -> what the school pays in; only schools that pay in."""
    paid: dict[int, int] = {}
    for contribution in partnership.contributions:
        paid[contribution.urn] = paid.get(contribution.urn, 0) + contribution.pounds
    return {urn: pounds for urn, pounds in paid.items() if pounds > 0}


def promised_outside(world: World, urn: object, item: str) -> int:
    """The most of an item that getting what it pays in could ask for at a school: pounds, or half-days at their value."""
    if not world.policy.is_on("no_worse_outside"):
        return 0
    pounds = paid_in_pounds(world.partnership).get(int(str(urn)), 0) if str(urn).isdecimal() else 0
    value = 1 if item == GRANT_ITEM else session_value_pounds(world).get(item, 0)
    return -(-pounds // value) if value else 0


def standard_floors(world: World) -> dict[str, int]:
    """Cell id -> least percent of need met, for every need within reach of the standards that the board names."""
    floors = dict(world.policy.board.standard_floors)
    return {c.cell_id: floors[c.standard_id] for c in world.picture.cells if floors.get(c.standard_id) and not c.out_of_reach}
