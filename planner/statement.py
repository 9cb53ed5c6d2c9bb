"""The plan layer stated once more for the certificate, in plain code that knows no solver and no model.

Columns with exact bounds and rows with exact coefficients, derived from partnership and policy
alone. Every plan that keeps the rules, or one with no more shortfall that hands out nothing
idle, is a point of it; so what no point undercuts, no plan does. Need met is kept up to the
board's line only: more of it lowers no shortfall. Money is in pounds, time in half-days.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from planner.audit import LEAST_SHOWN, money_cap_pounds, most_of, price_at
from planner.fairness import (
    capped_sessions,
    host_limit,
    host_shares,
    paid_in_pounds,
    places_for_information,
    promised_outside,
    secondary_steps,
    session_value_pounds,
    standard_floors,
)
from planner.measures import SPENDING_USES
from planner.need import ADULT_HOURS, PLACE, Cell, World, may_be_part_year
from planner.next_year import most_next_year_pounds
from planner.offers import OWN_PRICE, offers_of
from planner.partnership import GRANT_ITEM, Base, Bound, Consent, DecisionRight, FundUse, Phase, YearEnd
from planner.policy import Policy
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    MONTHS,
    STEP_POUNDS_A_MONTH,
    available_pounds,
    base_full_year_pounds,
    base_lead_in_pounds,
    base_march_twelfths,
    base_opening_pounds,
    base_reaches,
    base_running_pounds,
    contingency_pounds,
    first_year_places,
    grant_months,
    grant_step_pounds,
    host_condition,
    moderated_pot_pounds,
    most_planned_places,
    place_share,
    places_now,
    service_supply,
    sizes_of,
    smallest_useful_places,
    step_of,
)

Key = tuple[str, ...]
Terms = tuple[tuple[int, Fraction], ...]
WHOLE_PLACES = "whole_places"
"""Need met from whole places only: not a rule but what follows from one, the upper hull of the benefit curve."""
LINKING = frozenset({
    "fund_balance", "costs_paid", "contingency_held", "moderated_pot_released", "statutory_first", "vacancy_held_back", "time_bought",
    "next_year_affordable", "one_size_a_base", "places_within_size", "cohort_fill", "pupils_now_kept", "host_consent", "host_most_places",
    "smallest_useful_base", "host_share", "phase_balance", "secondaries_in_proportion",
})  # fmt: skip
"""Rules that tie schools, zones and bases to one another; the rows of all others are about one school or zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One amount: its name, least and most; whole amounts may be nought or at least ``block``."""

    key: Key
    most: Fraction
    is_whole: bool = False
    block: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRow:
    """lower <= sum of coefficient x column <= upper; None leaves a side open."""

    rule_id: str
    at: str
    terms: Terms
    lower: Fraction | None
    upper: Fraction | None

    @property
    def name(self) -> str:
        """Its one name in a certificate."""
        return f"{self.rule_id}|{self.at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Shortfall in points = offset + sum of cost x column, over columns within rows.

    ``blocks`` are the groups of columns that only linking rows tie to others: columns and local rows of each.
    ``free`` are the columns that are in linking rows alone.
    """

    columns: tuple[Column, ...]
    costs: tuple[Fraction, ...]
    offset: Fraction
    linking: tuple[StatedRow, ...]
    blocks: tuple[Block, ...]
    free: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Columns that belong together, with the rows that are about them alone; named after the first."""

    name: str
    columns: tuple[int, ...]
    rows: tuple[StatedRow, ...]


class _Draft:
    """Columns as they are declared, by name."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.place: dict[Key, int] = {}
        self.columns: list[Column] = []
        self.costs: list[Fraction] = []
        self.cells = [cell for cell in world.picture.cells if not cell.out_of_reach]
        self.steps = _steps(world)
        self.services = [s for s in world.partnership.services if s.decision_right is not DecisionRight.INFORMATION]
        self.bases = [b for b in world.partnership.bases if b.decision_right is not DecisionRight.INFORMATION]
        self.funds = [f for f in world.partnership.funds if f.decision_right is not DecisionRight.INFORMATION]

    def add(self, *key: object, most: Fraction | int, is_whole: bool = False, block: int = 1, cost: Fraction = Fraction(0)) -> None:
        name = tuple(str(part) for part in key)
        self.place[name] = len(self.columns)
        self.columns.append(Column(key=name, most=Fraction(most), is_whole=is_whole, block=block))
        self.costs.append(cost)

    def having(self, kind: str, **wanted: tuple[int, object]) -> Iterator[tuple[int, Key]]:
        """Columns of a kind whose name holds these values at these places."""
        for key, at in self.place.items():
            if key[0] == kind and all(key[n] == str(value) for n, value in wanted.values()):
                yield at, key


def state(world: World) -> Statement:
    """The statement of a world."""
    draft = _Draft(world)
    _declare_money(draft)
    _declare_time(draft)
    _declare_purchases(draft)
    _declare_places(draft)
    _declare_need(draft)
    rows = [_merged(row) for row in _rows(draft) if row.terms]
    policy = world.policy
    rows = [row for row in rows if row.rule_id == WHOLE_PLACES or _is_kept(world, row)]
    rows = [row for row in rows if row.rule_id != WHOLE_PLACES or policy.is_on("need_from_support")]
    weight = sum(cell.weight for cell in world.picture.cells)
    blocks, free = _blocks(draft.columns, [row for row in rows if row.rule_id not in LINKING])
    return Statement(
        columns=tuple(draft.columns),
        costs=tuple(draft.costs),
        offset=policy.board.line_percent if weight else Fraction(0),
        linking=tuple(row for row in rows if row.rule_id in LINKING),
        blocks=blocks,
        free=free,
    )


def _is_kept(world: World, row: StatedRow) -> bool:
    """Whether every plan keeps a row; one that may give way at a price is left out, which can only lower what is proved."""
    return world.policy.is_on(row.rule_id) and not price_at(world, row.rule_id, row.at)


# --- columns -------------------------------------------------------------------------------


def _declare_money(d: _Draft) -> None:
    for fund in d.funds:
        most = sum(available_pounds(fund))
        if FundUse.GRANTS in fund.allowed_uses and most:
            for school in d.world.partnership.schools:
                step = grant_step_pounds(fund, d.world.policy)
                d.add("grant", school.urn, fund.fund_id, most=ceil(Fraction(min(_useful_pounds(d, school.urn), most), step)), is_whole=True)
        for year, use in itertools.product((1, 2), SPENDING_USES):
            if use in fund.allowed_uses:
                d.add("spend", fund.fund_id, year, use, most=most)
        if FundUse.MODERATED_POT in fund.allowed_uses:
            for half_term in range(1, 7):
                d.add("pot", fund.fund_id, half_term, most=most)
        if fund.year_end is YearEnd.CARRY:
            d.add("carried", fund.fund_id, most=most)


def _useful_pounds(d: _Draft, urn: int) -> int:
    """More than this can be taken from a school's grant again: all its hours are paid for and nothing promises more."""
    hours = sum(cell.requirement(ADULT_HOURS) for cell in d.world.picture.cells if cell.recipient == str(urn))
    return max(ceil(Fraction(hours * d.world.policy.pounds_per_adult_hour, 100)), _promised(d, urn, GRANT_ITEM))


def _promised(d: _Draft, urn: object, item: str) -> int:
    """The most that last year and the head's rules can hold an amount up to."""
    board = d.world.policy.board
    share = max(board.money_floor_now_percent if item == GRANT_ITEM else board.sessions_floor_percent, Fraction(0))
    last = [ceil(r.amount * (100 + share) / 100) for r in d.world.partnership.last_year if str(r.urn) == str(urn) and r.item == item]
    wished = [
        r.amount for r in d.world.partnership.head_rules if str(r.urn) == str(urn) and r.item == item and r.bound is not Bound.AT_MOST
    ]
    return max([0, *last, *wished, promised_outside(d.world, urn, item)])


def _declare_time(d: _Draft) -> None:
    policy = d.world.policy
    for service in d.services:
        supply = service_supply(d.world.partnership, policy, service)
        block = supply.minimum_block_sessions if policy.is_hard("smallest_block") else 1
        for recipient in _recipients(d, service.role):
            hundredths = sum(cell.requirement(service.role) for cell in d.cells if cell.recipient == recipient)
            useful = max(ceil(Fraction(hundredths, 100)), _promised(d, recipient, service.service_id))
            if useful:
                most = min(max(useful, block), supply.after_statutory_sessions)
                d.add("sessions", recipient, service.service_id, most=most, is_whole=True, block=block)


def _declare_purchases(d: _Draft) -> None:
    """Packages, and half-days at a price each; at a break's price there are none or at least its number. Where no offer is, time costs its price."""
    given: dict[str, int] = defaultdict(int)
    for at, key in d.having("sessions"):
        given[key[2]] += int(d.columns[at].most)
    for service in d.services:
        most, offers = given[service.service_id], offers_of(d.world.partnership, service.service_id)
        if not most or not offers:
            continue
        for offer in offers:
            if offer.is_package:
                enough = ceil(Fraction(most, offer.sessions))
                copies = enough if offer.most_bought is None else min(enough, offer.most_bought)
                d.add("packages", offer.offer_id, most=copies, is_whole=True)
            else:
                d.add("bought", service.service_id, offer.offer_id, most=max(most, offer.sessions), is_whole=True, block=offer.sessions)
        if service.price_pounds_per_session:
            d.add("bought", service.service_id, OWN_PRICE, most=most, is_whole=True)


def _recipients(d: _Draft, role_id: str) -> list[str]:
    if d.world.policy.role(role_id).serves == "zone":
        return [zone.zone_id for zone in d.world.picture.zones]
    return [str(school.urn) for school in d.world.partnership.schools]


def _declare_places(d: _Draft) -> None:
    for base in d.bases:
        for size in sizes_of(base):
            d.add("size", base.base_id, size, most=1, is_whole=True)
    for cell in d.cells:
        for base in d.bases:
            if _may_take(d, base, cell):
                most = min(max(sizes_of(base), default=0), ceil(Fraction(cell.requirement(PLACE), 100)))
                d.add("places", base.base_id, cell.cell_id, most=most, is_whole=True)


def _may_take(d: _Draft, base: Base, cell: Cell) -> bool:
    standard = d.world.policy.standard(cell.standard_id)
    if not standard.needs_place or standard.need not in base.needs or standard.phase is not base.phase:
        return False
    zone = next(z for z in d.world.picture.zones if z.zone_id == cell.recipient)
    return base_reaches(d.world.partnership, d.world.policy, base, zone.urns)


def _declare_need(d: _Draft) -> None:
    """Need met by stretch of the benefit curve up to the line; it fills the stretches in order, as they grow no steeper."""
    weight = max(sum(cell.weight for cell in d.world.picture.cells), 1)
    for cell in d.cells:
        for j, (width, _) in enumerate(d.steps):
            d.add("met", cell.cell_id, j, most=width, cost=Fraction(-100 * cell.weight, weight))


def _steps(world: World) -> tuple[tuple[Fraction, Fraction], ...]:
    """Stretches of the benefit curve up to the line: need met gained, and share of the dose for it."""
    line = world.policy.board.line_percent / 100
    steps = []
    for (dose_before, met_before), (dose, met) in itertools.pairwise(world.policy.benefit):
        reached = min(met, line)
        if reached > met_before:
            steps.append((reached - met_before, (dose - dose_before) * (reached - met_before) / (met - met_before)))
    return tuple(steps)


# --- rows ----------------------------------------------------------------------------------


def _rows(d: _Draft) -> Iterator[StatedRow]:
    yield from _fund_rows(d)
    yield from _cost_rows(d)
    if d.world.policy.is_on("next_year_affordable"):
        yield from _next_year_rows(d)
    yield from _held_rows(d)
    yield from _time_rows(d)
    yield from _base_rows(d)
    yield from _host_rows(d)
    yield from _floor_rows(d)
    yield from _fairness_rows(d)
    yield from _wish_rows(d)
    yield from _need_rows(d)
    yield from _whole_place_rows(d)


def _row(
    rule_id: str, at: object, terms: Iterable[tuple[int, Fraction | int]], lower: Fraction | int | None, upper: Fraction | int | None
) -> StatedRow:
    return StatedRow(
        rule_id=rule_id,
        at=str(at),
        terms=tuple((column, Fraction(by)) for column, by in terms),
        lower=None if lower is None else Fraction(lower),
        upper=None if upper is None else Fraction(upper),
    )


def _merged(row: StatedRow) -> StatedRow:
    total: dict[int, Fraction] = defaultdict(Fraction)
    for column, by in row.terms:
        total[column] += by
    return _row(row.rule_id, row.at, sorted((c, by) for c, by in total.items() if by), row.lower, row.upper)


def _fund_rows(d: _Draft) -> Iterator[StatedRow]:
    for fund in d.funds:
        months = grant_months(fund, d.world.policy)
        for year, available in enumerate(available_pounds(fund), start=1):
            terms: list[tuple[int, Fraction | int]] = [
                (at, STEP_POUNDS_A_MONTH * months[year - 1]) for at, _ in d.having("grant", fund=(2, fund.fund_id))
            ]
            terms += [(at, 1) for at, _ in d.having("spend", fund=(1, fund.fund_id), year=(2, year))]
            terms += [
                (at, 1) for h in HALF_TERMS_BY_FINANCIAL_YEAR[year - 1] for at, _ in d.having("pot", fund=(1, fund.fund_id), half=(2, h))
            ]
            terms += [(at, 1 if year == 1 else -1) for at, _ in d.having("carried", fund=(1, fund.fund_id))]
            yield _row("fund_balance", f"{fund.fund_id}, year {year}", terms, None, available)


def _spent(d: _Draft, year: int, use: FundUse, by: int = 1) -> list[tuple[int, Fraction | int]]:
    return [(at, by) for at, _ in d.having("spend", year=(2, year), use=(3, use))]


def _cost_rows(d: _Draft) -> Iterator[StatedRow]:
    policy, first_months = d.world.policy, d.world.policy.board.september_to_march_months
    bases = {b.base_id: b for b in d.bases}
    costs = {
        FundUse.SPECIALIST_TIME: [(at, pounds, first_months * pounds) for at, pounds in _time_pounds(d)],
        FundUse.BASE_RUNNING: [(at, *_paid(bases[key[1]], int(key[2]), policy)) for at, key in d.having("size")],
    }
    for use, cost in costs.items():
        early = [*_spent(d, 1, use, MONTHS), *((at, -twelfths) for at, _, twelfths in cost)]
        yield _row("costs_paid", f"{use}, September to March", early, 1 - MONTHS, MONTHS - 1)
        whole = [*_spent(d, 1, use), *_spent(d, 2, use), *((at, -by) for at, by, _ in cost)]
        yield _row("costs_paid", f"{use}, both years", whole, 0, 0)
    opening = [(at, -base_opening_pounds(bases[key[1]], policy)) for at, key in d.having("size")]
    yield _row("costs_paid", "opening, September to March", [*_spent(d, 1, FundUse.BASE_OPENING), *opening], 0, 0)
    yield _row("costs_paid", "opening, April to August", _spent(d, 2, FundUse.BASE_OPENING), None, 0)


def _paid(base: Base, size: int, policy: Policy) -> tuple[int, int]:
    """Pounds of running and lead-in this year, and twelfths of a pound of them that fall before 1 April."""
    paid = base_running_pounds(base, size, policy) + base_lead_in_pounds(base, size, policy)
    return paid, base_march_twelfths(base, size, policy)


def _time_pounds(d: _Draft) -> list[tuple[int, int]]:
    """What each column of time costs: half-days at their service's price, or what is bought where there are offers."""
    price = {s.service_id: s.price_pounds_per_session for s in d.services}
    offers = {o.offer_id: o for o in d.world.partnership.offers}
    sold = {o.service_id for o in offers.values()}
    given = [(at, price[key[2]]) for at, key in d.having("sessions") if key[2] not in sold]
    packages = [(at, offers[key[1]].pounds) for at, key in d.having("packages")]
    return [*given, *packages, *((at, offers[key[2]].pounds if key[2] else price[key[1]]) for at, key in d.having("bought"))]


def _next_year_rows(d: _Draft) -> Iterator[StatedRow]:
    """A year of the same grants, half-days, pots, contingency and bases costs no more than the board's percent of recurring cash."""
    bases = {b.base_id: b for b in d.bases}
    terms: list[tuple[int, Fraction | int]] = [term for school in d.world.partnership.schools for term in _granted(d, school.urn)]
    terms += _time_pounds(d)
    terms += [(at, 1) for at, _ in d.having("pot")]
    terms += [(at, 1) for at, _ in d.having("spend", use=(3, FundUse.CONTINGENCY))]
    terms += [(at, base_full_year_pounds(bases[key[1]], int(key[2]), d.world.policy)) for at, key in d.having("size")]
    yield _row("next_year_affordable", "next year", terms, None, most_next_year_pounds(d.world.partnership, d.world.policy))


def _held_rows(d: _Draft) -> Iterator[StatedRow]:
    for year, least in enumerate(contingency_pounds(d.world.partnership, d.world.policy), start=1):
        yield _row("contingency_held", f"year {year}", _spent(d, year, FundUse.CONTINGENCY), least, None)
    for half_term, least in moderated_pot_pounds(d.world.partnership, d.world.policy).items():
        pot = [(at, 1) for at, _ in d.having("pot", half=(2, half_term))]
        yield _row("moderated_pot_released", f"half-term {half_term}", pot, least, None)


def _time_rows(d: _Draft) -> Iterator[StatedRow]:
    for service in d.services:
        supply = service_supply(d.world.partnership, d.world.policy, service)
        given = [(at, 1) for at, _ in d.having("sessions", service=(2, service.service_id))]
        yield _row("statutory_first", service.service_id, given, None, supply.after_statutory_sessions)
        yield _row("vacancy_held_back", service.service_id, given, None, supply.shareable_sessions)
        offers = {o.offer_id: o for o in offers_of(d.world.partnership, service.service_id)}
        if offers:
            packages = [(at, -offers[key[1]].sessions) for at, key in d.having("packages") if key[1] in offers]
            bought = [(at, -1) for at, _ in d.having("bought", service=(1, service.service_id))]
            yield _row("time_bought", service.service_id, [*given, *packages, *bought], None, 0)


def _size(d: _Draft, base_id: str) -> list[tuple[int, int]]:
    return [(at, int(key[2])) for at, key in d.having("size", base=(1, base_id))]


def _base_rows(d: _Draft) -> Iterator[StatedRow]:
    for base in d.bases:
        size = _size(d, base.base_id)
        places = [(at, 1) for at, _ in d.having("places", base=(1, base.base_id))]
        yield _row("one_size_a_base", base.base_id, [(at, 1) for at, _ in size], None, 1)
        yield _row("places_within_size", base.base_id, [*places, *((at, -k) for at, k in size)], None, 0)
        if d.world.policy.board.cohort_fill_percent < 100:
            first = [(at, -first_year_places(base, k, d.world.policy)) for at, k in size]
            yield _row("cohort_fill", base.base_id, [*places, *first], None, 0)
        if base.is_open:
            yield _row("pupils_now_kept", base.base_id, size, base.pupils_now, None)
            if not base.may_close:
                yield _row("pupils_now_kept", f"{base.base_id} stays open", [(at, 1) for at, _ in size], 1, None)
        else:
            least = smallest_useful_places(base, d.world.policy)
            yield _row("smallest_useful_base", base.base_id, [(at, least - k) for at, k in size if k < least], None, 0)


def _host_rows(d: _Draft) -> Iterator[StatedRow]:
    partnership = d.world.partnership
    for base in d.bases:
        if host_condition(partnership, base.host_urn).consent is not Consent.YES:
            yield _row("host_consent", base.base_id, _size(d, base.base_id), None, places_now(base))
    for condition in partnership.host_conditions:
        most = most_planned_places(partnership, condition)
        if most is not None:
            hosted = [term for b in d.bases if b.host_urn == condition.urn for term in _size(d, b.base_id)]
            yield _row("host_most_places", condition.urn, hosted, None, most)


def _fairness_rows(d: _Draft) -> Iterator[StatedRow]:
    world = d.world
    for base in d.bases:
        shares = host_shares(world, base)
        own = [(at, shares.get(key[2], 0)) for at, key in d.having("places", base=(1, base.base_id))]
        sizes = [(at, -host_limit(base, int(key[2]), world.policy)) for at, key in d.having("size", base=(1, base.base_id))]
        if any(by for _, by in own):
            yield _row("host_share", base.base_id, [*own, *sizes], None, 0)
    balance = [(at, k if b.phase is Phase.PRIMARY else -k) for b in d.bases for at, k in _size(d, b.base_id)]
    primary, secondary = (places_for_information(world.partnership, phase) for phase in (Phase.PRIMARY, Phase.SECONDARY))
    yield _row("phase_balance", "all bases", balance, secondary - primary, None)
    for urn, least in secondary_steps(world).items():
        hosted = [term for b in d.bases if b.host_urn == urn and b.phase is Phase.SECONDARY for term in _size(d, b.base_id)]
        yield _row("secondaries_in_proportion", urn, hosted, least, None)
    for row, most in capped_sessions(world):
        yield _row("sessions_cap", f"{row.urn}, {row.item}", _has(d, row.urn, row.item), None, most)
    value = session_value_pounds(world)
    for urn, pounds in paid_in_pounds(world.partnership).items():
        time = [(at, value[key[2]]) for at, key in d.having("sessions", urn=(1, urn))]
        yield _row("no_worse_outside", urn, [*_granted(d, urn), *time], pounds, None)
    for cell_id, percent in standard_floors(world).items():
        met = [(d.place["met", cell_id, str(j)], 100) for j in range(len(d.steps))]
        above = percent - LEAST_SHOWN  # what the audit forgives
        yield _row("standard_floor", cell_id, met, min(above, world.policy.board.line_percent), None)


def _granted(d: _Draft, urn: int) -> list[tuple[int, int]]:
    step = {f.fund_id: grant_step_pounds(f, d.world.policy) for f in d.funds}
    return [(at, step[key[2]]) for at, key in d.having("grant", urn=(1, urn))]


def _has(d: _Draft, urn: int, item: str) -> list[tuple[int, int]]:
    return _granted(d, urn) if item == GRANT_ITEM else [(at, 1) for at, _ in d.having("sessions", urn=(1, urn), service=(2, item))]


def _floor_rows(d: _Draft) -> Iterator[StatedRow]:
    board = d.world.policy.board
    for row in d.world.partnership.last_year:
        if row.item == GRANT_ITEM:
            yield _row("money_floor", row.urn, _granted(d, row.urn), ceil(row.amount * (100 + board.money_floor_now_percent) / 100), None)
            if row.amount:
                yield _row("money_cap", row.urn, _granted(d, row.urn), None, money_cap_pounds(row.amount, d.world.policy))
        else:
            least = ceil(row.amount * (100 + board.sessions_floor_percent) / 100)
            yield _row("sessions_floor", f"{row.urn}, {row.item}", _has(d, row.urn, row.item), least, None)


def _wish_rows(d: _Draft) -> Iterator[StatedRow]:
    for wish in d.world.partnership.head_rules:
        yield _row(
            "head_rule", wish.rule_id, _has(d, wish.urn, wish.item),
            None if wish.bound is Bound.AT_MOST else wish.amount, None if wish.bound is Bound.AT_LEAST else most_of(wish),
        )  # fmt: skip


def _need_rows(d: _Draft) -> Iterator[StatedRow]:
    """What the cells of a school or zone use of an ingredient is no more than it is given."""
    used: dict[tuple[str, str], list[tuple[int, Fraction | int]]] = defaultdict(list)
    for cell in d.cells:
        for ingredient, required in cell.requirements:
            rate = d.world.policy.pounds_per_adult_hour if ingredient == ADULT_HOURS else 1
            used[cell.cell_id if ingredient == PLACE else cell.recipient, ingredient] += [
                (d.place["met", cell.cell_id, str(j)], rate * required * dose / width) for j, (width, dose) in enumerate(d.steps)
            ]
    for (holder, ingredient), terms in used.items():
        given = [(at, -100 * by) for at, by in _given(d, holder, ingredient)]
        yield _row("need_from_support", f"{holder}, {ingredient}", [*terms, *given], None, 0)
    for cell in d.cells:
        if may_be_part_year(d.world.partnership, d.world.policy, cell, d.world.picture.zones):
            at_once = [(at, 100) for at, _ in _places(d, cell.cell_id)]
            yield _row(
                "need_from_support", f"{cell.cell_id}, places at once", at_once, None, 100 * ceil(Fraction(cell.requirement(PLACE), 100))
            )


def _given(d: _Draft, holder: str, ingredient: str) -> Sequence[tuple[int, Fraction | int]]:
    if ingredient == ADULT_HOURS:
        return _granted(d, int(holder))
    if ingredient == PLACE:
        return _places(d, holder)
    roles = {s.service_id: s.role for s in d.services}
    return [(at, 1) for at, key in d.having("sessions", recipient=(1, holder)) if roles[key[2]] == ingredient]


def _places(d: _Draft, cell_id: str) -> list[tuple[int, Fraction]]:
    """A cell's places, each for its share of the year."""
    shares = {b.base_id: place_share(b) for b in d.bases}
    return [(at, shares[key[1]]) for at, key in d.having("places", cell=(2, cell_id))]


def _whole_place_rows(d: _Draft) -> Iterator[StatedRow]:
    """Between n and n + 1 whole places need met rises along a straight line, and everywhere stays below it: the curve is concave.

    Places of bases that run for part of the year are counted in the largest share of which all are whole multiples.
    """
    for cell in d.cells:
        given = _places(d, cell.cell_id)
        step = step_of(share for _, share in given)
        required = cell.requirement(PLACE) / step
        if not required:
            continue
        met = [(d.place["met", cell.cell_id, str(j)], 1) for j in range(len(d.steps))]
        for n in range(floor(required / 100) + 1):
            here, after = (_met_from(100 * places / required, d.steps) for places in (n, n + 1))
            rises = [(at, -(after - here) * share / step) for at, share in given]
            yield _row(WHOLE_PLACES, f"{cell.cell_id}, {n}", [*met, *rises], None, here - (after - here) * n)


def _met_from(dose_share: Fraction, steps: tuple[tuple[Fraction, Fraction], ...]) -> Fraction:
    met = Fraction(0)
    for width, dose in steps:
        taken = min(max(dose_share, Fraction(0)), dose)
        met += width * taken / dose
        dose_share -= taken
    return met


# --- blocks --------------------------------------------------------------------------------


def _blocks(columns: list[Column], local: list[StatedRow]) -> tuple[tuple[Block, ...], tuple[int, ...]]:
    """Columns joined by local rows; a column in none of them is free."""
    joined = list(range(len(columns)))

    def first(column: int) -> int:
        while joined[column] != column:
            column = joined[column]
        return column

    for row in local:
        heads = [first(column) for column, _ in row.terms]
        for head in heads:
            joined[first(head)] = min(heads)
    rows_of: dict[int, list[StatedRow]] = defaultdict(list)
    for row in local:
        rows_of[first(row.terms[0][0])].append(row)
    members: dict[int, list[int]] = defaultdict(list)
    for column in range(len(columns)):
        members[first(column)].append(column)
    blocks = tuple(
        Block(name=" ".join(columns[head].key), columns=tuple(members[head]), rows=tuple(rows)) for head, rows in sorted(rows_of.items())
    )
    return blocks, tuple(column for head, those in members.items() if head not in rows_of for column in those)
