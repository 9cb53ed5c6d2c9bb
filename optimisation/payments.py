"""Which fund pays what, to the pound: a flow of whole pounds from funds to uses.

In the model money spent is real-valued, because whole-pound rows such as "twelve times this less
seven times that" made HiGHS return wrong optima (docs/adr/0011). What grants, time and bases
cost is whole; sharing whole costs over whole funds is a network, whose corner solutions
are whole. Money that would have to go back is spent first, then the narrowest fund.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from optimisation.highs import load, problem_of, run
from planner.audit import breaches, misfits
from planner.measures import paid_by_year
from planner.need import World
from planner.next_year import most_next_year_pounds, next_year_pounds
from planner.partnership import FundUse, YearEnd
from planner.plan import Amounts
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    MONTHS,
    available_pounds,
    base_opening_pounds,
    contingency_pounds,
    grant_months,
    moderated_pot_pounds,
    pays,
)

CARRY_COST = 1.0
WIDTH_COST = 0.01
MISS_COST = 100
"""What a pound missed of what is held costs at the lowest price: more than paying it from any fund could."""
_HELD = {FundUse.CONTINGENCY: "contingency_held", FundUse.MODERATED_POT: "moderated_pot_released"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """Whole pounds: spending by fund, year and use; pot by fund and half-term; carried by fund."""

    spending: Mapping[tuple[str, int, FundUse], int]
    pots: Mapping[tuple[str, int], int]
    carried: Mapping[str, int]


def pay_to_the_pound(world: World, amounts: Amounts) -> Payments | None:
    """Payments for the grants, time and bases of some amounts; None when they cannot be paid to the pound."""
    funds = {f.fund_id: f for f in world.partnership.funds}
    flows: list[tuple[str, int, FundUse, int]] = []  # fund, year, use, half-term (0: not a pot)
    for fund in funds.values():
        flows += [
            (fund.fund_id, year, use, 0)
            for use in (FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, FundUse.BASE_OPENING, FundUse.CONTINGENCY)
            if pays(fund, use)
            for year in (1, 2)
        ]
        if pays(fund, FundUse.MODERATED_POT):
            flows += [(fund.fund_id, y, FundUse.MODERATED_POT, h) for y, terms in enumerate(HALF_TERMS_BY_FINANCIAL_YEAR, 1) for h in terms]
    carries = [f.fund_id for f in funds.values() if f.year_end is YearEnd.CARRY]
    given_way = _may_give_way(world)
    count = len(flows) + len(carries) + len(given_way) + 1  # the last: what next year costs above the board's limit
    rows: list[np.ndarray] = []
    limits: list[int] = []
    exact_rows: list[np.ndarray] = []
    exact: list[int] = []

    def row(of: list[int]) -> np.ndarray:
        coefficients = np.zeros(count)
        coefficients[of] = 1.0
        return coefficients

    for fund in funds.values():
        for year in (1, 2):
            out = row([i for i, (f, y, _, _) in enumerate(flows) if f == fund.fund_id and y == year])
            if fund.fund_id in carries:
                out[len(flows) + carries.index(fund.fund_id)] = 1.0 if year == 1 else -1.0
            rows.append(out)
            limits.append(available_pounds(fund)[year - 1] - _granted(world, amounts, fund.fund_id, year))
    for use in (FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING):
        twelfths, cost = paid_by_year(world.partnership, world.policy, amounts, use)
        for year, most in ((1, -(-twelfths // MONTHS)), (2, cost - twelfths // MONTHS)):
            # at most its twelfths rounded up; with the exact sum, at least them rounded down
            rows.append(row([i for i, (_, y, u, _) in enumerate(flows) if u is use and y == year]))
            limits.append(most)
        exact_rows.append(row([i for i, (_, _, u, _) in enumerate(flows) if u is use]))
        exact.append(cost)
    for (use, year, half_term), pounds in _due(world, amounts).items():
        held = row([i for i, (_, y, u, h) in enumerate(flows) if u is use and y == year and h == half_term])
        if (use, year, half_term) in given_way:
            held[len(flows) + len(carries) + list(given_way).index((use, year, half_term))] = 1.0
        exact_rows.append(held)
        exact.append(pounds)
    if given_way and world.policy.is_on(
        "next_year_affordable"
    ):  # what is held counts next year too, so it is held less before that limit gives
        again = row([i for i, (_, _, u, h) in enumerate(flows) if h or u is FundUse.CONTINGENCY])
        again[-1] = -1.0
        rows.append(again)
        limits.append(_left_next_year(world, amounts))
    wide = [WIDTH_COST * len(funds[f].allowed_uses) + CARRY_COST * (funds[f].year_end is YearEnd.CARRY) for f, _, _, _ in flows]
    if count == 1:
        return Payments(spending={}, pots={}, carried={}) if not any(exact) else None
    matrix = np.array([*rows, *exact_rows])
    at_rows, at_columns = np.nonzero(matrix)
    solved = run(
        load(
            problem_of(
                columns=(*flows, *carries, *given_way, "next year"),
                costs=np.array([[*wide, *[WIDTH_COST] * len(carries), *given_way.values(), _cost_of_next_year(world)]]),
                offsets=np.zeros(1),
                lower=np.zeros(count),
                upper=np.array([*[np.inf] * (count - 1), np.inf if world.policy.price("next_year_affordable") else 0.0]),
                is_whole=np.zeros(count, dtype=bool),
                row_lower=np.array([-np.inf] * len(rows) + exact),
                row_upper=np.array(limits + exact, dtype=np.float64),
                entries=(at_rows.astype(np.int32), at_columns.astype(np.int32), matrix[at_rows, at_columns]),
            )
        ),
        gap=0.0,
        seconds=10.0,
    )
    if solved.values is None:
        return None
    pounds_paid = [round(value) for value in solved.values]
    spending = {(f, y, u): n for (f, y, u, h), n in zip(flows, pounds_paid, strict=False) if n and not h}
    pots = {(f, h): n for (f, _, _, h), n in zip(flows, pounds_paid, strict=False) if n and h}
    carried = {f: n for f, n in zip(carries, pounds_paid[len(flows) :], strict=False) if n}
    return Payments(spending=dict(sorted(spending.items())), pots=dict(sorted(pots.items())), carried=dict(sorted(carried.items())))


def paid_up(world: World, amounts: Amounts) -> Amounts | None:
    """Amounts with their payments to the pound, so that they are a whole plan; None where they cannot be paid or break a rule."""
    payments = pay_to_the_pound(world, amounts)
    if payments is None:
        return None
    whole = replace(amounts, spending=payments.spending, pots=payments.pots, carried=payments.carried)
    return None if any(misfits(world, whole)) or any(breaches(world, whole)) else whole


def _may_give_way(world: World) -> dict[tuple[FundUse, int, int], float]:
    """What is held that may be missed at a price, with what a pound missed costs beside carrying and width."""
    points = {use: world.policy.price(rule_id) for use, rule_id in _HELD.items()}
    least = _least_price(world)
    return {what: float(MISS_COST * points[what[0]] / least) for what in _due(world, Amounts()) if points.get(what[0])}


def _cost_of_next_year(world: World) -> float:
    """What a pound above the board's limit on next year costs, as a pound missed of what is held does."""
    return float(MISS_COST * world.policy.price("next_year_affordable") / _least_price(world))


def _least_price(world: World) -> Fraction:
    prices = [world.policy.price(rule_id) for rule_id in (*_HELD.values(), "next_year_affordable")]
    return min((price for price in prices if price), default=Fraction(1))


def _left_next_year(world: World, amounts: Amounts) -> int:
    """Pounds that next year leaves for contingency and pots, after grants, time and bases."""
    p, policy = world.partnership, world.policy
    return most_next_year_pounds(p, policy) - next_year_pounds(p, policy, replace(amounts, spending={}, pots={}))


def _due(world: World, amounts: Amounts) -> dict[tuple[FundUse, int, int], int]:
    """What must be paid exactly: contingency and pots as held, openings before 31 March."""
    due: dict[tuple[FundUse, int, int], int] = {}
    contingency = contingency_pounds(world.partnership, world.policy) if world.policy.is_on("contingency_held") else (0, 0)
    pots = moderated_pot_pounds(world.partnership, world.policy) if world.policy.is_on("moderated_pot_released") else {}
    for year, half_terms in enumerate(HALF_TERMS_BY_FINANCIAL_YEAR, start=1):
        due[FundUse.CONTINGENCY, year, 0] = contingency[year - 1]
        for half_term in half_terms:
            due[FundUse.MODERATED_POT, year, half_term] = pots.get(half_term, 0)
    opening = sum(base_opening_pounds(b, world.policy) for b in world.partnership.bases if amounts.base_sizes.get(b.base_id, 0))
    due[FundUse.BASE_OPENING, 1, 0] = opening
    due[FundUse.BASE_OPENING, 2, 0] = 0
    return due


def _granted(world: World, amounts: Amounts, fund_id: str, year: int) -> int:
    fund = next(f for f in world.partnership.funds if f.fund_id == fund_id)
    months = grant_months(fund, world.policy)
    granted = sum(pounds for (_, f), pounds in amounts.grants.items() if f == fund_id)
    return granted * months[year - 1] // sum(months)
