"""The decisions of the plan layer, each with its unit, domain and bound: ``DECISIONS`` lists them.

Money spent is real here and made whole to the pound by ``optimisation.payments``.
The benefit curve is concave and every objective pushes need met up, so its segments fill in
order without binaries, and what a cell uses of an ingredient follows from ``met``: no variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import pyomo.core as pyo

from optimisation.registry import SHAPES, Model
from planner.fairness import promised_outside
from planner.measures import SPENDING_USES
from planner.need import ADULT_HOURS, PLACE, World, benefit_segments
from planner.offers import OWN_PRICE, enough_of, offers_of
from planner.partnership import GRANT_ITEM, Bound, FundUse, Service, YearEnd
from planner.supply import (
    available_pounds,
    base_full_year_pounds,
    base_lead_in_pounds,
    base_opening_pounds,
    grant_months,
    grant_step_pounds,
    service_supply,
    sizes_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One kind of decision: what it means, for which indices, and the most it can be (each is at least nought)."""

    name: str
    index: str
    meaning: str
    unit: str
    domain: str
    most: str


DECISIONS = (
    Decision(
        name="grant_steps", index="sf", meaning="grant to school s from fund f", unit="the fund's step: £10 in each month it pays",
        domain="whole", most="the smaller of what s can use or was promised and what f holds, in steps",
    ),
    Decision(
        name="sessions", index="rv", meaning="time of service v for school or zone r", unit="half-day sessions",
        domain="whole", most="the smaller of what r can use or was promised (at least a block) and what v has after statutory work",
    ),
    Decision(
        name="has_block", index="rv", meaning="r gets a block of v; only where the smallest block is more than one", unit="yes or no",
        domain="0 or 1", most="1",
    ),
    Decision(
        name="packages", index="p", meaning="how many of package p are bought for the partnership; of a price break, whether it is reached",
        unit="packages; yes or no", domain="whole",
        most="the most that may be bought, or enough for all who could be given any; 1 for a price break",
    ),
    Decision(
        name="bought", index="vp", meaning="time of service v bought at a price for each half-day: that of its price break p, or its own (p left open); "
        "only where v has packages or price breaks", unit="half-day sessions", domain="real", most="all that r together can be given of v, or the break's number",
    ),
    Decision(
        name="spend", index="fyu", meaning="money of fund f for use u in financial year y", unit="pounds", domain="real", most="what f holds",
    ),
    Decision(
        name="pot", index="fh", meaning="money of fund f released to the moderated pot in half-term h", unit="pounds",
        domain="real", most="what f holds",
    ),
    Decision(
        name="carried", index="f", meaning="money of fund f carried over 31 March; only where it may be", unit="pounds",
        domain="real", most="what f holds",
    ),
    Decision(name="base_size", index="bk", meaning="base b runs at k places", unit="yes or no", domain="0 or 1", most="1"),
    Decision(
        name="places", index="bc", meaning="places in base b for cell c", unit="places",
        domain="whole", most="the smaller of the base's largest size and the cell's need rounded up",
    ),
    Decision(
        name="met", index="cj", meaning="need of cell c met within segment j of the benefit curve", unit="share of the cell's need (0-1)",
        domain="real", most="the segment's width",
    ),
)  # fmt: skip
"""Every kind of decision, in the order of the plan."""


def declare_variables(world: World, *, is_roomy: bool = False, is_to_the_pound: bool = False) -> Model:
    """An empty model with every decision declared within its bounds.

    ``is_roomy`` leaves out of the bounds what funds and services hold, so that only the rules say it.
    """
    m = pyo.ConcreteModel()
    m.world = world
    m.is_roomy = is_roomy
    m.is_to_the_pound = is_to_the_pound
    m.nothing = pyo.Var(bounds=(0, 0))
    m.missed_by = {}
    m.funds = {f.fund_id: f for f in world.partnership.funds}
    m.services = {s.service_id: s for s in world.partnership.services}
    m.bases = {b.base_id: b for b in world.partnership.bases}
    m.cells = {c.cell_id: c for c in world.picture.cells if not c.out_of_reach}
    m.supply = {s.service_id: service_supply(world.partnership, world.policy, s) for s in world.partnership.services}
    m.step_pounds = {f.fund_id: grant_step_pounds(f, world.policy) for f in world.partnership.funds}
    m.months = {f.fund_id: grant_months(f, world.policy) for f in world.partnership.funds}
    _money(m)
    _sessions(m)
    _bases(m)
    m.segments = benefit_segments(world.policy)
    m.met = pyo.Var(
        [(c, j) for c in m.cells for j in range(len(m.segments))],
        bounds=lambda m, _, j: (0, float(m.segments[j][0])),
    )
    return m


def _may(rule_id: str, *about: object) -> bool:
    return SHAPES[rule_id](*about)


def _money(m: Model) -> None:
    most = most_money(m.world, is_roomy=m.is_roomy)
    m.grant_steps = pyo.Var(list(most["grant_steps"]), domain=pyo.NonNegativeIntegers, bounds=lambda _, *at: (0, most["grant_steps"][at]))
    m.spend = pyo.Var(list(most["spend"]), domain=pyo.NonNegativeReals, bounds=lambda _, *at: (0, most["spend"][at]))
    m.pot = pyo.Var(list(most["pot"]), domain=pyo.NonNegativeReals, bounds=lambda _, *at: (0, most["pot"][at]))
    m.carried = pyo.Var(list(most["carried"]), domain=pyo.NonNegativeReals, bounds=lambda _, f: (0, most["carried"][f]))


def most_money(world: World, *, is_roomy: bool = False) -> dict[str, dict[Any, int]]:
    """The most that each decision on money can be, by its name and index: steps of grant, else pounds."""
    funds = [f for f in world.partnership.funds if _may("decision_right", f)]
    held = {f.fund_id: sum(available_pounds(f)) for f in funds}
    grant_funds = [f for f in funds if _may("allowed_uses", f, FundUse.GRANTS) and held[f.fund_id]]
    useful = {s.urn: _useful_pounds(world, s.urn) for s in world.partnership.schools}
    steps = {
        (urn, f.fund_id): ceil(Fraction(pounds if is_roomy else min(pounds, held[f.fund_id]), grant_step_pounds(f, world.policy)))
        for urn, pounds in useful.items()
        for f in grant_funds
    }
    most = dict.fromkeys(held, _every_cost_pounds(world)) if is_roomy else held
    return {
        "grant_steps": steps,
        "spend": {
            (f.fund_id, year, use): most[f.fund_id]
            for f in funds
            for year in (1, 2)
            for use in SPENDING_USES
            if _may("allowed_uses", f, use)
        },
        "pot": {(f.fund_id, h): most[f.fund_id] for f in funds if _may("allowed_uses", f, FundUse.MODERATED_POT) for h in range(1, 7)},
        "carried": {f.fund_id: most[f.fund_id] for f in funds if f.year_end is YearEnd.CARRY},
    }


def _every_cost_pounds(world: World) -> int:
    """More pounds than everything together could cost."""
    bases = sum(
        max((base_full_year_pounds(b, k, world.policy) + base_lead_in_pounds(b, k, world.policy) for k in sizes_of(b)), default=0)
        for b in world.partnership.bases
    )
    openings = sum(base_opening_pounds(b, world.policy) for b in world.partnership.bases)
    wished = sum(r.amount for rows in (world.partnership.head_rules, world.partnership.last_year) for r in rows)
    given = {s.service_id: _in_post(world, s) + wished for s in world.partnership.services}
    time = sum(s.price_pounds_per_session * given[s.service_id] for s in world.partnership.services)
    time += sum(
        o.pounds * (enough_of(o, given[o.service_id]) if o.is_package else given[o.service_id] + o.sessions)
        for o in world.partnership.offers
    )
    return bases + openings + time + sum(sum(available_pounds(f)) for f in world.partnership.funds)


def _in_post(world: World, service: Service) -> int:
    return service_supply(world.partnership, world.policy, service).in_post_sessions


def _useful_pounds(world: World, urn: int) -> int:
    """The most a grant to a school can be of use for: hours for all its cells, or what is promised."""
    hours = sum(c.requirement(ADULT_HOURS) for c in world.picture.cells if c.recipient == str(urn))
    floor = _floor(world.policy.board.money_floor_now_percent)
    promised = [ceil(r.amount * floor) for r in world.partnership.last_year if r.urn == urn and r.item == GRANT_ITEM]
    promised += [r.amount for r in world.partnership.head_rules if r.urn == urn and r.item == GRANT_ITEM and r.bound is not Bound.AT_MOST]
    promised.append(promised_outside(world, urn, GRANT_ITEM))
    return max([ceil(Fraction(hours * world.policy.pounds_per_adult_hour, 100)), *promised])


def _floor(percent: Fraction) -> Fraction:
    """The share of last year's amount that a variable must at least be free to reach."""
    return 1 + max(Fraction(0), percent) / 100


def _sessions(m: Model) -> None:
    world: World = m.world
    most: dict[tuple[str, str], int] = {}
    floor = _floor(world.policy.board.sessions_floor_percent)
    zones = [z.zone_id for z in world.picture.zones]
    schools = [str(s.urn) for s in world.partnership.schools]
    for service in world.partnership.services:
        if not _may("decision_right", service):
            continue
        for recipient in zones if world.policy.role(service.role).serves == "zone" else schools:
            required = sum(c.requirement(service.role) for c in m.cells.values() if c.recipient == recipient)
            promised = [
                ceil(r.amount * floor) for r in world.partnership.last_year if str(r.urn) == recipient and r.item == service.service_id
            ]
            promised += [r.amount for r in world.partnership.head_rules if str(r.urn) == recipient and r.item == service.service_id]
            promised.append(promised_outside(world, recipient, service.service_id))
            useful = max([ceil(Fraction(required, 100)), *promised])
            if useful:
                block = m.supply[service.service_id].minimum_block_sessions
                there = max(useful, block)
                held = m.supply[service.service_id].after_statutory_sessions
                most[recipient, service.service_id] = there if m.is_roomy else min(there, held)
    m.sessions = pyo.Var(list(most), domain=pyo.NonNegativeIntegers, bounds=lambda _, r, v: (0, most[r, v]))
    m.most_sessions = most
    _purchases(m)
    m.has_block = pyo.Var([(r, v) for r, v in most if m.supply[v].minimum_block_sessions > 1], domain=pyo.Binary)


def _purchases(m: Model) -> None:
    """What is bought of the services that have offers; of the others it is what is given."""
    world: World = m.world
    most: dict[str, int] = {}
    for (_, service_id), sessions in m.most_sessions.items():
        most[service_id] = most.get(service_id, 0) + sessions
    offers = {v: offers_of(world.partnership, v) for v in most}
    m.offers = {o.offer_id: o for those in offers.values() for o in those}
    copies = {o.offer_id: enough_of(o, most[o.service_id]) for o in m.offers.values()}
    at_a_price = {(o.service_id, o.offer_id): max(most[o.service_id], o.sessions) for o in m.offers.values() if not o.is_package}
    at_a_price |= {(v, OWN_PRICE): n for v, n in most.items() if offers[v] and m.services[v].price_pounds_per_session}
    m.packages = pyo.Var(list(copies), domain=pyo.NonNegativeIntegers, bounds=lambda _, p: (0, copies[p]))
    m.bought = pyo.Var(list(at_a_price), domain=pyo.NonNegativeReals, bounds=lambda _, v, p: (0, at_a_price[v, p]))


def _bases(m: Model) -> None:
    world: World = m.world
    bases = [b for b in world.partnership.bases if _may("decision_right", b)]
    zones = {z.zone_id: z for z in world.picture.zones}
    m.base_size = pyo.Var([(b.base_id, k) for b in bases for k in sizes_of(b)], domain=pyo.Binary)
    largest = {b.base_id: max(sizes_of(b), default=0) for b in bases}
    standards = {s.standard_id: s for s in world.policy.standards if s.needs_place}
    m.places = pyo.Var(
        [
            (b.base_id, c.cell_id)
            for c in m.cells.values()
            if c.standard_id in standards
            for b in bases
            if standards[c.standard_id].need in b.needs
            and standards[c.standard_id].phase is b.phase
            and _may("base_reach", world, b, zones[c.recipient])
        ],
        domain=pyo.NonNegativeIntegers,
        bounds=lambda m, b, c: (0, min(largest[b], ceil(Fraction(m.cells[c].requirement(PLACE), 100)))),
    )
