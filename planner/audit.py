"""A tireless second opinion: every rule checked again in plain Python that has never met a solver.

Each rule's audit yields a Breach wherever amounts break it, in whole numbers, so checking
is exact. ``check_plan`` in ``planner.documents`` also recomputes every figure of a written plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from planner import rules
from planner.fairness import (
    SHARE_UNITS,
    capped_sessions,
    host_limit,
    host_shares,
    paid_in_pounds,
    places_for_information,
    secondary_steps,
    session_value_pounds,
    standard_floors,
)
from planner.measures import POINTS_PLACES, SPENDING_USES, fund_accounts, paid_by_year, shortfall
from planner.need import ADULT_HOURS, PLACE, WHOLE, World, dose_share_for, may_be_part_year
from planner.next_year import most_next_year_pounds, next_year_pounds
from planner.offers import purchases
from planner.partnership import GRANT_ITEM, Bound, Consent, DecisionRight, FundUse, HeadRule, Phase
from planner.plan import Amounts
from planner.policy import Policy
from planner.rules import Rule
from planner.supply import (
    MONTHS,
    STEP_POUNDS_A_MONTH,
    base_opening_pounds,
    base_reaches,
    contingency_pounds,
    first_year_places,
    grant_step_pounds,
    host_condition,
    is_planned,
    moderated_pot_pounds,
    most_planned_places,
    place_share,
    places_now,
    service_supply,
    sizes_of,
    smallest_useful_places,
)

LEAST_SHOWN = Fraction(1, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One rule broken: where, and by how much in the rule's unit."""

    rule: Rule
    where: str
    by: Fraction | int

    def sentence(self) -> str:
        """One line for a person."""
        by = f"{float(self.by):,.2f}".rstrip("0").rstrip(".") if self.by >= LEAST_SHOWN else "less than 0.01"
        return f"{self.rule.sentence} ({self.rule.rule_id}) It is missed by {by} {self.rule.unit} at {self.where}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One rule that gives way at the board's price: where, by how much in the rule's unit, and what that costs in points of need."""

    rule: Rule
    where: str
    by: Fraction | int
    price: Fraction

    @property
    def points(self) -> Fraction:
        """What it costs, in points of need (0-100), exactly."""
        return self.by * self.price


Audit = Callable[[World, Amounts], Iterator[tuple[str, Fraction | int]]]
AUDITS: dict[str, Audit] = {}


def _audits(rule: Rule) -> Callable[[Audit], Audit]:
    """Register the audit of a rule: it yields (where, by how much); only misses above nought count."""

    def register(audit: Audit) -> Audit:
        AUDITS[rule.rule_id] = audit
        return audit

    return register


def breaches(world: World, amounts: Amounts, only: Rule | None = None) -> Iterator[Breach]:
    """Every breach of the rules that are on, in the catalogue's order; what gives way at a price is none (``misses``)."""
    for rule_id, rule in rules.RULES.items():
        if (only is None or rule is only) and world.policy.is_on(rule_id):
            for where, by in AUDITS[rule_id](world, amounts):
                if by > 0 and not price_at(world, rule_id, where):
                    yield Breach(rule=rule, where=where, by=by)


def misses(world: World, amounts: Amounts) -> Iterator[Miss]:
    """Every place where a rule gives way at its price, in the catalogue's order."""
    for rule_id, _ in world.policy.prices:
        if world.policy.price(rule_id):
            for where, by in AUDITS[rule_id](world, amounts):
                price = price_at(world, rule_id, where)
                if by > 0 and price:
                    yield Miss(rule=rules.RULES[rule_id], where=where, by=by, price=price)


def price_at(world: World, rule_id: str, where: str) -> Fraction:
    """Points of need that missing a rule by one unit costs at a place, nought where it may not give way: a head's lock has no price."""
    price = world.policy.price(rule_id)
    if price and rule_id == rules.HEAD_RULE.rule_id and any(r.rule_id == where and r.is_locked for r in world.partnership.head_rules):
        return Fraction(0)
    return price


def price_points(world: World, amounts: Amounts) -> Fraction:
    """What all rules that give way cost together, in points of need (0-100), exactly."""
    return sum((miss.points for miss in misses(world, amounts)), Fraction(0))


def leading_points(world: World, amounts: Amounts) -> Fraction:
    """What a plan makes as small as it can, in points, exactly: the shortfall below the board's line and the price of rules that give way."""
    return 100 * shortfall(world.picture, world.policy, amounts.need_met) + price_points(world, amounts)


def leads(world: World, amounts: Amounts) -> float:
    """What a plan makes as small as it can, as it is stored: shortfall and price, in points."""
    return float(round(leading_points(world, amounts), POINTS_PLACES))


def misfits(world: World, amounts: Amounts) -> Iterator[str]:
    """Amounts that no plan could hold: about things that are not there, negative, or off the step."""
    p = world.partnership
    funds = {f.fund_id: f for f in p.funds}
    services = {s.service_id: s for s in p.services}
    bases = {b.base_id: b for b in p.bases}
    cells = {c.cell_id: c for c in world.picture.cells}
    recipients = {"school": {str(s.urn) for s in p.schools}, "zone": {z.zone_id for z in world.picture.zones}}
    for (urn, fund_id), pounds in amounts.grants.items():
        known = str(urn) in recipients["school"] and fund_id in funds
        if not known or pounds < 0 or pounds % grant_step_pounds(funds[fund_id], world.policy):
            yield f"grant of £{pounds} to {urn} from {fund_id}"
    for (fund_id, year, use), pounds in amounts.spending.items():
        if fund_id not in funds or year not in {1, 2} or use not in SPENDING_USES or pounds < 0:
            yield f"spending of £{pounds} on {use} from {fund_id}"
    for (fund_id, half_term), pounds in amounts.pots.items():
        if fund_id not in funds or half_term not in range(1, 7) or pounds < 0:
            yield f"pot of £{pounds} from {fund_id} in half-term {half_term}"
    for fund_id, pounds in amounts.carried.items():
        if fund_id not in funds or pounds < 0:
            yield f"£{pounds} carried over in {fund_id}"
    for (recipient, service_id), sessions in amounts.sessions.items():
        if service_id not in services or recipient not in recipients[world.policy.role(services[service_id].role).serves] or sessions < 0:
            yield f"{sessions} half-days of {service_id} for {recipient}"
    for base_id, size in amounts.base_sizes.items():
        if base_id not in bases or size < 0 or (size and size not in sizes_of(bases[base_id])):
            yield f"size {size} of base {base_id}"
    for (base_id, cell_id), places in amounts.places.items():
        cell, base = cells.get(cell_id), bases.get(base_id)
        if cell is None or base is None or places < 0 or not _designated(world, base_id, cell_id):
            yield f"{places} places in {base_id} for {cell_id}"
    for cell_id, met in amounts.need_met.items():
        if cell_id not in cells or not 0 <= met <= WHOLE or (met and cells[cell_id].out_of_reach):
            yield f"need met of {met} millionths for {cell_id}"


def _designated(world: World, base_id: str, cell_id: str) -> bool:
    base = next(b for b in world.partnership.bases if b.base_id == base_id)
    standard = world.policy.standard(cell_id.rpartition(":")[2])
    return standard.needs_place and standard.need in base.needs and standard.phase is base.phase


# --- law and decision rights -----------------------------------------------------------


@_audits(rules.STATUTORY_FIRST)
def statutory_first(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Sessions given <= sessions in post - statutory sessions."""
    for service in world.partnership.services:
        supply = service_supply(world.partnership, world.policy, service)
        yield service.name, _given(amounts, service.service_id) - supply.after_statutory_sessions


@_audits(rules.DECISION_RIGHT)
def decision_right(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """No amount from a fund, service or base held for information only."""
    for fund in world.partnership.funds:
        if not is_planned(fund):
            yield fund.name, sum(pounds for (_, f), pounds in amounts.grants.items() if f == fund.fund_id)
            yield fund.name, sum(pounds for (f, _, _), pounds in amounts.spending.items() if f == fund.fund_id)
            yield fund.name, sum(pounds for (f, _), pounds in amounts.pots.items() if f == fund.fund_id)
    for service in world.partnership.services:
        if service.decision_right is DecisionRight.INFORMATION:
            yield service.name, _given(amounts, service.service_id)
    for base in world.partnership.bases:
        if base.decision_right is DecisionRight.INFORMATION:
            yield base.name, amounts.base_sizes.get(base.base_id, 0) + _places_in(amounts, base.base_id)


@_audits(rules.ALLOWED_USES)
def allowed_uses(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """No money for a use the fund does not allow."""
    for fund in world.partnership.funds:
        used: dict[FundUse, int] = defaultdict(int)
        used[FundUse.GRANTS] = sum(pounds for (_, f), pounds in amounts.grants.items() if f == fund.fund_id)
        used[FundUse.MODERATED_POT] = sum(pounds for (f, _), pounds in amounts.pots.items() if f == fund.fund_id)
        for (fund_id, _, use), pounds in amounts.spending.items():
            if fund_id == fund.fund_id:
                used[use] += pounds
        for use, pounds in used.items():
            if use not in fund.allowed_uses:
                yield f"{fund.name}, {use}", pounds


# --- money -----------------------------------------------------------------------------


@_audits(rules.FUND_BALANCE)
def fund_balance(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Spent + carried out <= available + carried in, each financial year; only funds that may carry do."""
    may_carry = {f.fund_id for f in world.partnership.funds if is_planned(f) and f.year_end == "carry forward"}
    for account in fund_accounts(world.partnership, world.policy, amounts):
        yield f"{account.fund_id}, {account.financial_year}", -account.left
    for fund_id, pounds in amounts.carried.items():
        if fund_id not in may_carry:
            yield f"{fund_id}, carried over 31 March", pounds


@_audits(rules.COSTS_PAID)
def costs_paid(world: World, amounts: Amounts) -> Iterator[tuple[str, Fraction | int]]:
    """Time and bases: what falls by 31 March (7/12, to a pound either way) paid then, all by 31 August; openings and lead-in before 31 March."""
    for use in (FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING):
        twelfths, cost = paid_by_year(world.partnership, world.policy, amounts, use)
        first, second = _spent(amounts, 1, use), _spent(amounts, 2, use)
        yield f"{use}, September to March", Fraction(abs(MONTHS * first - twelfths) - (MONTHS - 1), MONTHS)
        yield f"{use}, both years", abs(first + second - cost)
    opening = sum(base_opening_pounds(b, world.policy) for b in world.partnership.bases if amounts.base_sizes.get(b.base_id, 0))
    yield f"{FundUse.BASE_OPENING}, September to March", abs(_spent(amounts, 1, FundUse.BASE_OPENING) - opening)
    yield f"{FundUse.BASE_OPENING}, April to August", _spent(amounts, 2, FundUse.BASE_OPENING)


@_audits(rules.CONTINGENCY_HELD)
def contingency_held(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Contingency >= the board's percent of cash, each financial year."""
    for year, least in enumerate(contingency_pounds(world.partnership, world.policy), start=1):
        yield world.partnership.financial_years[year - 1], least - _spent(amounts, year, FundUse.CONTINGENCY)


@_audits(rules.MODERATED_POT_RELEASED)
def moderated_pot_released(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """The pot released in each half-term >= the board's percent of cash."""
    for half_term, least in moderated_pot_pounds(world.partnership, world.policy).items():
        yield f"half-term {half_term}", least - sum(pounds for (_, h), pounds in amounts.pots.items() if h == half_term)


@_audits(rules.NEXT_YEAR_AFFORDABLE)
def next_year_affordable(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Grants, time, pots, contingency and a full year of bases <= the board's percent of recurring cash."""
    most = most_next_year_pounds(world.partnership, world.policy)
    yield "next year", next_year_pounds(world.partnership, world.policy, amounts) - most


# --- specialist time -------------------------------------------------------------------


@_audits(rules.VACANCY_HELD_BACK)
def vacancy_held_back(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Sessions given <= sessions left after statutory work, other duties and expected vacancy."""
    for service in world.partnership.services:
        if service.decision_right is not DecisionRight.INFORMATION:
            yield (
                service.name,
                _given(amounts, service.service_id) - service_supply(world.partnership, world.policy, service).shareable_sessions,
            )


@_audits(rules.SMALLEST_BLOCK)
def smallest_block(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Sessions are nought or at least the block."""
    blocks = {s.service_id: service_supply(world.partnership, world.policy, s).minimum_block_sessions for s in world.partnership.services}
    for (recipient, service_id), sessions in amounts.sessions.items():
        if 0 < sessions < blocks[service_id]:
            yield f"{recipient}, {service_id}", blocks[service_id] - sessions


@_audits(rules.TIME_BOUGHT)
def time_bought(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Sessions given <= sessions bought, the purchase being the cheapest that covers them, or all there is."""
    services = {s.service_id: s for s in world.partnership.services}
    for bought in purchases(world.partnership, amounts):
        yield services[bought.service_id].name, -bought.spare_sessions


# --- bases -----------------------------------------------------------------------------


@_audits(rules.ONE_SIZE_A_BASE)
def one_size_a_base(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """The size is one of the base's possible sizes, or closed."""
    for base in world.partnership.bases:
        size = amounts.base_sizes.get(base.base_id, 0)
        yield base.name, int(size != 0 and size not in sizes_of(base))


@_audits(rules.PLACES_WITHIN_SIZE)
def places_within_size(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Places given <= size."""
    for base in world.partnership.bases:
        yield base.name, _places_in(amounts, base.base_id) - amounts.base_sizes.get(base.base_id, 0)


@_audits(rules.PUPILS_NOW_KEPT)
def pupils_now_kept(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Size of an open base >= its pupils now; it stays open unless it may close or has no places to run at."""
    for base in world.partnership.bases:
        if base.is_open and base.decision_right is not DecisionRight.INFORMATION:
            size = amounts.base_sizes.get(base.base_id, 0)
            yield base.name, base.pupils_now - size
            if not base.may_close and sizes_of(base):
                yield f"{base.name} closes", int(size == 0)


@_audits(rules.BASE_REACH)
def base_reach(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """No places for a zone out of the base's reach."""
    bases = {b.base_id: b for b in world.partnership.bases}
    zones = {z.zone_id: z for z in world.picture.zones}
    for (base_id, cell_id), places in amounts.places.items():
        zone = zones[cell_id.rpartition(":")[0]]
        if not base_reaches(world.partnership, world.policy, bases[base_id], zone.urns):
            yield f"{bases[base_id].name}, {zone.zone_id}", places


@_audits(rules.HOST_CONSENT)
def host_consent(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Without a yes, a base is no larger than it is now."""
    for base in world.partnership.bases:
        if host_condition(world.partnership, base.host_urn).consent is not Consent.YES:
            yield base.name, amounts.base_sizes.get(base.base_id, 0) - places_now(base)


@_audits(rules.HOST_MOST_PLACES)
def host_most_places(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Places of all bases at a host <= the most it agreed to, or the places it has now if more."""
    for condition in world.partnership.host_conditions:
        most = most_planned_places(world.partnership, condition)
        if most is not None:
            hosted = [b for b in world.partnership.bases if b.host_urn == condition.urn]
            yield str(condition.urn), sum(amounts.base_sizes.get(b.base_id, 0) for b in hosted) - most


@_audits(rules.SMALLEST_USEFUL_BASE)
def smallest_useful_base(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """A new base has at least the smallest useful size."""
    for base in world.partnership.bases:
        size = amounts.base_sizes.get(base.base_id, 0)
        if size and not base.is_open:
            yield base.name, smallest_useful_places(base, world.policy) - size


@_audits(rules.COHORT_FILL)
def cohort_fill(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Places given <= places kept + the board's percent of new places, rounded up; nothing is asked at 100 percent."""
    if world.policy.board.cohort_fill_percent < 100:
        for base in world.partnership.bases:
            most = first_year_places(base, amounts.base_sizes.get(base.base_id, 0), world.policy)
            yield base.name, _places_in(amounts, base.base_id) - most


@_audits(rules.HOST_SHARE)
def host_share(world: World, amounts: Amounts) -> Iterator[tuple[str, Fraction]]:
    """Places times the host's share of each need, in its own zone <= the board's percent of what a size above today's gives this year, else the size."""
    for base in world.partnership.bases:
        shares = host_shares(world, base)
        own = sum(places * shares.get(cell_id, 0) for (base_id, cell_id), places in amounts.places.items() if base_id == base.base_id)
        yield base.name, Fraction(own - host_limit(base, amounts.base_sizes.get(base.base_id, 0), world.policy), SHARE_UNITS)


@_audits(rules.PHASE_BALANCE)
def phase_balance(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Primary places >= secondary places; a base for information only counts with its places now."""
    places = {phase: places_for_information(world.partnership, phase) for phase in (Phase.PRIMARY, Phase.SECONDARY)}
    for base in world.partnership.bases:
        if base.decision_right is not DecisionRight.INFORMATION:
            places[base.phase] += amounts.base_sizes.get(base.base_id, 0)
    yield "all bases", places[Phase.SECONDARY] - places[Phase.PRIMARY]


@_audits(rules.SECONDARIES_IN_PROPORTION)
def secondaries_in_proportion(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Planned secondary base places at a school that could host >= this year's step, or the most its sizes and host allow."""
    for urn, least in secondary_steps(world).items():
        hosted = [b for b in world.partnership.bases if b.host_urn == urn and b.phase is Phase.SECONDARY]
        yield str(urn), least - sum(amounts.base_sizes.get(b.base_id, 0) for b in hosted)


# --- protection between years and heads' rules -------------------------------------------


@_audits(rules.MONEY_FLOOR)
def money_floor(world: World, amounts: Amounts) -> Iterator[tuple[str, Fraction]]:
    """Grant >= (100 + floor) percent of last year's grant."""
    for row in world.partnership.last_year:
        if row.item == GRANT_ITEM:
            yield str(row.urn), row.amount * (100 + world.policy.board.money_floor_now_percent) / 100 - _granted(amounts, row.urn)


@_audits(rules.MONEY_CAP)
def money_cap(world: World, amounts: Amounts) -> Iterator[tuple[str, Fraction]]:
    """Grant <= (100 + cap) percent of last year's grant, rounded up to a year of £10 a month."""
    for row in world.partnership.last_year:
        if row.item == GRANT_ITEM and row.amount:
            yield str(row.urn), Fraction(_granted(amounts, row.urn) - money_cap_pounds(row.amount, world.policy))


def money_cap_pounds(last_year_pounds: int, policy: Policy) -> int:
    """The most a school may be granted after last year's grant, whole pounds."""
    return _step_up(last_year_pounds * (100 + policy.board.money_cap_percent) / 100)


def most_of(wish: HeadRule) -> int:
    """The most a head's rule allows; an exact grant is rounded up to a year of £10 a month."""
    return _step_up(Fraction(wish.amount)) if wish.item == GRANT_ITEM and wish.bound is Bound.EXACTLY else wish.amount


def _step_up(pounds: Fraction) -> int:
    step = STEP_POUNDS_A_MONTH * MONTHS
    return step * ceil(pounds / step)


@_audits(rules.SESSIONS_FLOOR)
def sessions_floor(world: World, amounts: Amounts) -> Iterator[tuple[str, Fraction]]:
    """Sessions >= (100 + floor) percent of last year's sessions from the same service."""
    for row in world.partnership.last_year:
        if row.item != GRANT_ITEM:
            least = row.amount * (100 + world.policy.board.sessions_floor_percent) / 100
            yield f"{row.urn}, {row.item}", least - amounts.sessions.get((str(row.urn), row.item), 0)


@_audits(rules.SESSIONS_CAP)
def sessions_cap(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Sessions <= (100 + cap) percent of last year's sessions from the same service, rounded up, or the smallest block."""
    for row, most in capped_sessions(world):
        yield f"{row.urn}, {row.item}", amounts.sessions.get((str(row.urn), row.item), 0) - most


@_audits(rules.NO_WORSE_OUTSIDE)
def no_worse_outside(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """Grant and own sessions at their price, in kind at the policy's value >= what the school pays in."""
    value = session_value_pounds(world)
    for urn, pounds in paid_in_pounds(world.partnership).items():
        time = sum(value[service_id] * n for (recipient, service_id), n in amounts.sessions.items() if recipient == str(urn))
        yield str(urn), pounds - _granted(amounts, urn) - time


@_audits(rules.HEAD_RULE)
def head_rule(world: World, amounts: Amounts) -> Iterator[tuple[str, int]]:
    """At least, at most or exactly the head's amount; exact money is met to the step above."""
    for wish in world.partnership.head_rules:
        has = _granted(amounts, wish.urn) if wish.item == GRANT_ITEM else amounts.sessions.get((str(wish.urn), wish.item), 0)
        if wish.bound is not Bound.AT_MOST:
            yield wish.rule_id, wish.amount - has
        if wish.bound is not Bound.AT_LEAST:
            yield wish.rule_id, has - most_of(wish)


# --- need ------------------------------------------------------------------------------


@_audits(rules.STANDARD_FLOOR)
def standard_floor(world: World, amounts: Amounts) -> Iterator[tuple[str, Fraction]]:
    """Need met >= the floor on its standard; a hundredth of a percent less, as rounding leaves it, is no miss."""
    for cell_id, percent in standard_floors(world).items():
        missed = percent - Fraction(100 * amounts.need_met.get(cell_id, 0), WHOLE)
        yield cell_id, missed if missed > LEAST_SHOWN else Fraction(0)


@_audits(rules.NEED_FROM_SUPPORT)
def need_from_support(world: World, amounts: Amounts) -> Iterator[tuple[str, Fraction]]:
    """For each recipient and ingredient: what its cells use <= what it is given, in hundredths; a part-year place counts its share of a year.

    Where a part-year base may serve a cell, its places at once are no more than its pupils: all of them run at the end of the year.
    """
    used: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    doses = {level: dose_share_for(Fraction(level, WHOLE), world.policy) for level in {0, *amounts.need_met.values()}}
    for cell in world.picture.cells:
        dose = doses[amounts.need_met.get(cell.cell_id, 0)]
        for ingredient, required in cell.requirements:
            holder = cell.cell_id if ingredient == PLACE else cell.recipient
            used[holder, ingredient] += dose * required
    held: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    roles = {s.service_id: s.role for s in world.partnership.services}
    for (recipient, service_id), sessions in amounts.sessions.items():
        held[recipient, roles[service_id]] += 100 * sessions
    shares = {b.base_id: place_share(b) for b in world.partnership.bases}
    at_once: dict[str, int] = defaultdict(int)
    for (base_id, cell_id), places in amounts.places.items():
        held[cell_id, PLACE] += 100 * places * shares[base_id]
        at_once[cell_id] += places
    for cell in world.picture.cells:
        if may_be_part_year(world.partnership, world.policy, cell, world.picture.zones):
            yield f"{cell.cell_id}, places at once", Fraction(100 * (at_once[cell.cell_id] - ceil(Fraction(cell.requirement(PLACE), 100))))
    for (holder, ingredient), amount in used.items():
        if ingredient == ADULT_HOURS:  # compare in pounds, so that no hour is rounded
            pounds = amount * world.policy.pounds_per_adult_hour
            yield f"{holder}, {ingredient}", (pounds - 100 * _granted(amounts, int(holder))) / world.policy.pounds_per_adult_hour
        else:
            yield f"{holder}, {ingredient}", amount - held[holder, ingredient]


# --- sums ------------------------------------------------------------------------------


def _given(amounts: Amounts, service_id: str) -> int:
    return sum(sessions for (_, service), sessions in amounts.sessions.items() if service == service_id)


def _granted(amounts: Amounts, urn: int) -> int:
    return sum(pounds for (school, _), pounds in amounts.grants.items() if school == urn)


def _places_in(amounts: Amounts, base_id: str) -> int:
    return sum(places for (base, _), places in amounts.places.items() if base == base_id)


def _spent(amounts: Amounts, year: int, use: FundUse) -> int:
    return sum(pounds for (_, y, u), pounds in amounts.spending.items() if y == year and u is use)
