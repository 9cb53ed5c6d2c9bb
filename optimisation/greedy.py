"""A plan by hand: feasible where it can be, in milliseconds, without a solver.

It stands before the first solve (so that a solver that dies still leaves a plan), starts the
search, and is the third baseline: need served in order of weight until time or money runs out.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from planner.audit import breaches, misfits, money_cap_pounds, most_of
from planner.fairness import capped_sessions, paid_in_pounds
from planner.measures import paid_by_year, specialist_time_pounds
from planner.need import ADULT_HOURS, PLACE, Cell, World, met_for_dose
from planner.next_year import most_next_year_pounds, next_year_pounds
from planner.offers import purchase_of
from planner.partnership import GRANT_ITEM, Bound, DecisionRight, Fund, FundUse, Service, YearEnd
from planner.plan import Amounts
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    MONTHS,
    available_pounds,
    base_reaches,
    contingency_pounds,
    grant_months,
    grant_step_pounds,
    moderated_pot_pounds,
    most_given_places,
    pays,
    place_share,
    service_supply,
    sizes_of,
)


class Purse:
    """Money left by fund and financial year while a plan is put together."""

    def __init__(self, world: World) -> None:
        self.funds = sorted(world.partnership.funds, key=lambda f: len(f.allowed_uses))
        self.left = {f.fund_id: list(available_pounds(f)) for f in self.funds}
        self.carried: dict[str, int] = {}
        self.spending: dict[tuple[str, int, FundUse], int] = {}
        p, policy = world.partnership, world.policy
        self.left_next_year = most_next_year_pounds(p, policy) if policy.is_on("next_year_affordable") else None

    def has_next_year(self, pounds: int) -> bool:
        """Whether next year's money allows this much more of what comes again; always where the board does not ask."""
        return self.left_next_year is None or pounds <= self.left_next_year

    def note_next_year(self, pounds: int) -> None:
        """Set aside next year's money for what comes again."""
        if self.left_next_year is not None:
            self.left_next_year -= pounds

    def take(self, use: FundUse, year: int, pounds: int) -> dict[str, int]:
        """Pounds taken from each fund for a use in a year, narrowest fund first; may fall short."""
        taken: dict[str, int] = {}
        for fund in self.funds:
            if pounds and pays(fund, use):
                if year == 2 and fund.year_end is YearEnd.CARRY and self.left[fund.fund_id][1] < pounds:
                    self._carry(fund, pounds - self.left[fund.fund_id][1])
                part = min(pounds, self.left[fund.fund_id][year - 1])
                if part:
                    taken[fund.fund_id] = part
                    self.left[fund.fund_id][year - 1] -= part
                    pounds -= part
        return taken

    def spend(self, use: FundUse, year: int, pounds: int) -> None:
        """Pay for a use and note it as spending."""
        for fund_id, part in self.take(use, year, pounds).items():
            self.spending[fund_id, year, use] = self.spending.get((fund_id, year, use), 0) + part

    def pay_over_the_year(self, world: World, use: FundUse, cost: int) -> None:
        """Pay a yearly cost, part by 31 March and the rest after."""
        self.pay_in_parts(use, first_part(world, cost), cost)

    def pay_in_parts(self, use: FundUse, first: int, cost: int) -> None:
        """Pay a cost, this much of it by 31 March."""
        self.spend(use, 1, first)
        self.spend(use, 2, cost - first)

    def hold_back_and_run_bases(self, world: World, sizes: dict[str, int]) -> dict[tuple[str, int], int]:
        """Contingency and the moderated pot first, then running the bases; returns the pot by fund and half-term."""
        pots: dict[tuple[str, int], int] = {}
        if world.policy.is_on("contingency_held"):
            for year, pounds in enumerate(contingency_pounds(world.partnership, world.policy), start=1):
                self.spend(FundUse.CONTINGENCY, year, pounds)
        if world.policy.is_on("moderated_pot_released"):
            for half_term, pounds in moderated_pot_pounds(world.partnership, world.policy).items():
                year = 1 if half_term in HALF_TERMS_BY_FINANCIAL_YEAR[0] else 2
                for fund_id, part in self.take(FundUse.MODERATED_POT, year, pounds).items():
                    pots[fund_id, half_term] = part
        p, at = world.partnership, Amounts(base_sizes=sizes, spending=self.spending, pots=pots)
        twelfths, running = paid_by_year(p, world.policy, at, FundUse.BASE_RUNNING)
        self.note_next_year(next_year_pounds(p, world.policy, at))
        self.pay_in_parts(FundUse.BASE_RUNNING, -(-twelfths // MONTHS), running)
        return pots

    def can_pay(self, world: World, use: FundUse, pounds_a_year: int) -> bool:
        """Whether the funds that may pay for a use hold this much, part by 31 March and the rest after."""
        first = first_part(world, pounds_a_year)
        paying = [f for f in self.funds if pays(f, use)]
        cash = [sum(self.left[f.fund_id][year] for f in paying) for year in (0, 1)]
        carry = sum(self.left[f.fund_id][0] for f in paying if f.year_end is YearEnd.CARRY)
        second = pounds_a_year - first
        return first <= cash[0] and second <= cash[1] + min(carry, cash[0] - first)

    def _carry(self, fund: Fund, pounds: int) -> None:
        moved = min(pounds, self.left[fund.fund_id][0])
        self.left[fund.fund_id][0] -= moved
        self.left[fund.fund_id][1] += moved
        if moved:
            self.carried[fund.fund_id] = self.carried.get(fund.fund_id, 0) + moved


def first_part(world: World, pounds_a_year: int) -> int:
    """What of a yearly cost falls by 31 March, whole pounds rounded up."""
    return ceil(Fraction(pounds_a_year * world.policy.board.september_to_march_months, MONTHS))


def greedy_amounts(world: World) -> Amounts:
    """Amounts put together by hand; check them with ``is_feasible`` before use as a plan."""
    purse = Purse(world)
    sizes = sizes_now(world)
    pots = purse.hold_back_and_run_bases(world, sizes)
    grants = _promised_grants(world, purse)
    sessions = _sessions(world, purse)
    for_time = specialist_time_pounds(world.partnership, Amounts(sessions=sessions))
    purse.pay_over_the_year(world, FundUse.SPECIALIST_TIME, for_time)
    purse.note_next_year(for_time)
    _grants_by_need(world, purse, grants)
    places = _places(world, sizes)
    amounts = Amounts(
        grants={k: v for k, v in sorted(grants.items()) if v},
        spending=dict(sorted(purse.spending.items())),
        pots=dict(sorted(pots.items())),
        carried=dict(sorted(purse.carried.items())),
        sessions={k: v for k, v in sorted(sessions.items()) if v},
        base_sizes=dict(sorted(sizes.items())),
        places=dict(sorted(places.items())),
    )
    return replace(amounts, need_met=share_evenly(world, amounts))


def is_feasible(world: World, amounts: Amounts) -> bool:
    """Whether amounts keep every rule that is on."""
    return not any(misfits(world, amounts)) and not any(breaches(world, amounts))


def sizes_now(world: World) -> dict[str, int]:
    """Open bases at the smallest size that keeps their pupils; nothing new opens."""
    return {
        b.base_id: next((k for k in sizes_of(b) if k >= max(b.pupils_now, min(b.places_now, max(sizes_of(b))))), max(sizes_of(b)))
        for b in world.partnership.bases
        if b.is_open and b.decision_right is not DecisionRight.INFORMATION and sizes_of(b)
    }


def _least_and_most(world: World, urn: int, item: str) -> tuple[int, int | None]:
    """What protection and the head's own rules promise of an item, and the most they allow."""
    least, most = Fraction(0), None
    is_money = item == GRANT_ITEM
    board = world.policy.board
    for row in world.partnership.last_year:
        if row.urn == urn and row.item == item:
            floor_on = world.policy.is_on("money_floor" if is_money else "sessions_floor")
            percent = board.money_floor_now_percent if is_money else board.sessions_floor_percent
            least = max(least, row.amount * (100 + percent) / 100 if floor_on else Fraction(0))
            if is_money and row.amount and world.policy.is_on("money_cap"):
                most = money_cap_pounds(row.amount, world.policy)
    if not is_money and world.policy.is_on("sessions_cap"):
        most = next((cap for row, cap in capped_sessions(world) if row.urn == urn and row.item == item), None)
    if is_money and world.policy.is_on("no_worse_outside"):
        least = max(least, Fraction(paid_in_pounds(world.partnership).get(urn, 0)))
    if world.policy.is_on("head_rule"):
        for wish in world.partnership.head_rules:
            if wish.urn == urn and wish.item == item:
                least = max(least, Fraction(wish.amount)) if wish.bound is not Bound.AT_MOST else least
                if wish.bound is not Bound.AT_LEAST:
                    most = most_of(wish) if most is None else min(most, most_of(wish))
    return ceil(least), most


def give_steps(world: World, purse: Purse, grants: dict[tuple[int, str], int], urn: int, pounds: int) -> int:
    """Grant whole steps to a school toward some pounds; returns what was granted."""
    granted = 0
    for fund in purse.funds:
        if pounds <= granted or not pays(fund, FundUse.GRANTS):
            continue
        step = grant_step_pounds(fund, world.policy)
        monthly = [step // sum(grant_months(fund, world.policy)) * months for months in grant_months(fund, world.policy)]
        fits = [left // cost for left, cost in zip(purse.left[fund.fund_id], monthly, strict=True) if cost]
        steps = min(ceil(Fraction(pounds - granted, step)), *fits)
        if steps > 0:
            grants[urn, fund.fund_id] = grants.get((urn, fund.fund_id), 0) + steps * step
            purse.left[fund.fund_id] = [left - steps * cost for left, cost in zip(purse.left[fund.fund_id], monthly, strict=True)]
            granted += steps * step
    purse.note_next_year(granted)
    return granted


def _promised_grants(world: World, purse: Purse) -> dict[tuple[int, str], int]:
    grants: dict[tuple[int, str], int] = {}
    for school in world.partnership.schools:
        least, _ = _least_and_most(world, school.urn, GRANT_ITEM)
        if least:
            give_steps(world, purse, grants, school.urn, least)
    return grants


def _grants_by_need(world: World, purse: Purse, grants: dict[tuple[int, str], int]) -> None:
    """The money left goes by the hours that schools' needs ask for, up to those hours and any cap."""
    wants = {}
    for school in world.partnership.schools:
        hours = sum(c.requirement(ADULT_HOURS) for c in world.picture.cells if c.recipient == str(school.urn))
        _, most = _least_and_most(world, school.urn, GRANT_ITEM)
        has = sum(pounds for (urn, _), pounds in grants.items() if urn == school.urn)
        useful = hours * world.policy.pounds_per_adult_hour // 100
        wants[school.urn] = max(0, (useful if most is None else min(useful, most)) - has)
    cash = sum(sum(purse.left[f.fund_id]) for f in purse.funds if pays(f, FundUse.GRANTS))
    if purse.left_next_year is not None:
        cash = min(cash, max(purse.left_next_year, 0))
    share = min(Fraction(1), Fraction(cash, max(sum(wants.values()), 1)))
    smallest = min((grant_step_pounds(f, world.policy) for f in purse.funds if pays(f, FundUse.GRANTS)), default=1)
    for urn, wanted in sorted(wants.items()):
        steps = floor(wanted * share / smallest)
        if steps and purse.has_next_year(steps * smallest):
            give_steps(world, purse, grants, urn, steps * smallest - smallest + 1)


def _sessions(world: World, purse: Purse) -> dict[tuple[str, str], int]:
    """Promised time first, then blocks and single sessions to whoever still needs the role most."""
    sessions: dict[tuple[str, str], int] = {}
    weight = {r: sum(c.weight for c in world.picture.cells if c.recipient == r) for r in {c.recipient for c in world.picture.cells}}
    cost = 0
    schools = {str(s.urn) for s in world.partnership.schools}
    for service in world.partnership.services:
        supply = service_supply(world.partnership, world.policy, service)
        block = supply.minimum_block_sessions if world.policy.is_on("smallest_block") else 1
        limits: dict[str, tuple[int, int]] = {}
        for recipient in sorted(weight):
            required = sum(c.requirement(service.role) for c in world.picture.cells if c.recipient == recipient and not c.out_of_reach)
            least, most = _least_and_most(world, int(recipient), service.service_id) if recipient in schools else (0, None)
            others = sum(
                n for (r, v), n in sessions.items() if r == recipient and v != service.service_id and _role(world, v) == service.role
            )
            useful = max(floor(Fraction(required, 100)) - others, 0)
            useful = useful if useful >= block or 2 * useful < block else block
            limits[recipient] = (max(least, block) if least else 0, useful if most is None else min(useful, most))
        left = supply.shareable_sessions

        def affordable(more: int, service: Service = service, left: int = left, cost: int = cost) -> bool:
            """Whether this many sessions can be bought, and the purse can pay for them in both financial years and the next."""
            bought = purchase_of(world.partnership, service, more)
            total = cost + bought.pounds
            is_sold = bought.spare_sessions >= 0 and more <= left
            return is_sold and (not bought.pounds or (purse.has_next_year(total) and purse.can_pay(world, FundUse.SPECIALIST_TIME, total)))

        given = 0
        for recipient, (least, _) in limits.items():
            if least and affordable(given + least):
                sessions[recipient, service.service_id] = least
                given += least
        while True:
            open_to = [
                (Fraction(weight[r], 1 + sessions.get((r, service.service_id), 0)), r)
                for r, (_, most) in limits.items()
                if sessions.get((r, service.service_id), 0) + (step := _next_step(sessions.get((r, service.service_id), 0), block)) <= most
                and affordable(given + step)
            ]
            if not open_to:
                break
            _, recipient = max(open_to, key=lambda pair: (pair[0], pair[1]))
            step = _next_step(sessions.get((recipient, service.service_id), 0), block)
            sessions[recipient, service.service_id] = sessions.get((recipient, service.service_id), 0) + step
            given += step
        cost += purchase_of(world.partnership, service, given).pounds
    return sessions


def _next_step(has: int, block: int) -> int:
    return 1 if has else block


def _role(world: World, service_id: str) -> str:
    return next(s.role for s in world.partnership.services if s.service_id == service_id)


def _places(world: World, sizes: dict[str, int]) -> dict[tuple[str, str], int]:
    """Each open base fills the places needed in reach, the heaviest need first."""
    places: dict[tuple[str, str], int] = {}
    zones = {z.zone_id: z for z in world.picture.zones}
    wanted = {c.cell_id: floor(Fraction(c.requirement(PLACE), 100)) for c in world.picture.cells if c.requirement(PLACE)}
    for base in world.partnership.bases:
        left = most_given_places(base, sizes.get(base.base_id, 0), world.policy)
        for cell in sorted(world.picture.cells, key=lambda c: (-c.weight, c.cell_id)):
            standard = world.policy.standard(cell.standard_id)
            fits = standard.needs_place and standard.need in base.needs and standard.phase is base.phase and not cell.out_of_reach
            if fits and left and base_reaches(world.partnership, world.policy, base, zones[cell.recipient].urns):
                given = min(left, wanted[cell.cell_id])
                if given:
                    places[base.base_id, cell.cell_id] = given
                    wanted[cell.cell_id] -= given
                    left -= given
    return places


def share_evenly(world: World, amounts: Amounts) -> dict[str, int]:
    """Need met when each school's cells share its support at one common share of the dose.

    A cell whose ingredient is missing altogether gets nothing and leaves the rest to the others.
    """
    held: dict[tuple[str, str], Fraction] = {}
    for (recipient, service_id), n in amounts.sessions.items():
        key = (recipient, _role(world, service_id))
        held[key] = held.get(key, Fraction(0)) + 100 * n
    for (urn, _), pounds in amounts.grants.items():
        key = (str(urn), ADULT_HOURS)
        held[key] = held.get(key, Fraction(0)) + Fraction(100 * pounds, world.policy.pounds_per_adult_hour)
    shares = {b.base_id: place_share(b) for b in world.partnership.bases}
    for (base_id, cell_id), n in amounts.places.items():
        held[cell_id, PLACE] = held.get((cell_id, PLACE), Fraction(0)) + 100 * n * shares[base_id]
    met: dict[str, int] = {}
    by_recipient: dict[str, list[Cell]] = {}
    for cell in world.picture.cells:
        by_recipient.setdefault(cell.recipient, []).append(cell)
    for cells in by_recipient.values():
        able = [c for c in cells if not c.out_of_reach and all(held.get(_holder(c, i), 0) for i, _ in c.requirements)]
        required: dict[tuple[str, str], Fraction] = {}
        for cell in able:
            for ingredient, amount in cell.requirements:
                required[_holder(cell, ingredient)] = required.get(_holder(cell, ingredient), Fraction(0)) + amount
        for cell in able:
            share = min((held[_holder(cell, i)] / required[_holder(cell, i)] for i, _ in cell.requirements), default=Fraction(0))
            met[cell.cell_id] = met_for_dose(min(share, Fraction(1)), world.policy)
    return {cell_id: value for cell_id, value in sorted(met.items()) if value}


def _holder(cell: Cell, ingredient: str) -> tuple[str, str]:
    return (cell.cell_id if ingredient == PLACE else cell.recipient, ingredient)
