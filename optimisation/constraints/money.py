"""Money: funds balance in each financial year, costs are paid when they fall, pots are held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimisation.registry import Model, Row, rows_of
from planner import rules
from planner.next_year import most_next_year_pounds
from planner.partnership import Base, FundUse
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
    base_running_pounds,
    contingency_pounds,
    moderated_pot_pounds,
)


@rows_of(rules.FUND_BALANCE)
def fund_balance(m: Model) -> Iterator[Row]:
    r"""$\sum_s 10 M_{fy}\, grant\_steps_{sf} + \sum_u spend_{fyu} + \sum_{h \in y} pot_{fh} \pm carried_f \le A_{fy}$.

    grant_steps_sf  steps of £10 a month granted to school s from fund f    (decision)
    spend_fyu       pounds of fund f for use u in financial year y          (decision)
    pot_fh          pounds released to the moderated pot in half-term h     (decision)
    carried_f       pounds carried over 31 March: out of year 1, into 2     (decision)
    M_fy            months of financial year y in which f pays grants       (policy)
    A_fy            pounds available, after last year's balance             (partnership)
    """
    for fund_id, fund in m.funds.items():
        for year, available in enumerate(available_pounds(fund), start=1):
            monthly = STEP_POUNDS_A_MONTH * m.months[fund_id][year - 1]
            out: list[Any] = [monthly * m.grant_steps[s, f] for s, f in m.grant_steps if f == fund_id]
            out += [m.spend[f, y, u] for f, y, u in m.spend if f == fund_id and y == year]
            out += [m.pot[f, h] for f, h in m.pot if f == fund_id and h in HALF_TERMS_BY_FINANCIAL_YEAR[year - 1]]
            if fund_id in m.carried:
                out.append(m.carried[fund_id] if year == 1 else -m.carried[fund_id])
            yield Row(at=f"{fund_id}, year {year}", body=sum(out), upper=available)


@rows_of(rules.COSTS_PAID)
def costs_paid(m: Model) -> Iterator[Row]:
    r"""$|12 \sum_f spend_{f1u} - 12 C_{u1}| \le 11$ and $\sum_{fy} spend_{fyu} = C_u$; openings in year 1.

    spend_fyu  pounds of fund f for use u in financial year y                           (decision)
    C_u        cost of use u: time as bought, bases at their size for the months they run, with lead-in  (from decisions)
    C_u1       the part of it before 1 April: of a full year seven twelfths, of lead-in all  (from decisions, policy)

    A base costs its yearly sum, one teacher for each group of places begun and a sum for each place less the council's funding,
    for the months it runs: twelve, or from the month in which its half-term begins. Lead-in is the teachers' pay in the board's
    months before a new base opens; all of it is paid in year 1, also where some of those months fall before September or after March.
    The first row is the cost's part before 1 April, rounded to a whole pound either way. With ``m.is_to_the_pound``
    it is that part exactly: then whole payments always exist (``optimisation.payments``).
    """
    world = m.world
    rounding = 0 if m.is_to_the_pound else MONTHS - 1
    first_months = world.policy.board.september_to_march_months
    time = _time_pounds(m)
    running, early = (
        sum(pounds(m.bases[b], k, world.policy) * m.base_size[b, k] for b, k in m.base_size) for pounds in (_paid, base_march_twelfths)
    )
    for use, cost, twelfths in ((FundUse.SPECIALIST_TIME, time, first_months * time), (FundUse.BASE_RUNNING, running, early)):
        first, second = (_spent(m, year, use) for year in (1, 2))
        yield Row(at=f"{use}, September to March", body=MONTHS * first - twelfths, lower=-rounding, upper=rounding)
        yield Row(at=f"{use}, both years", body=first + second - cost, lower=0, upper=0)
    opening = sum(base_opening_pounds(m.bases[b], world.policy) * m.base_size[b, k] for b, k in m.base_size)
    yield Row(at=f"{FundUse.BASE_OPENING}, September to March", body=_spent(m, 1, FundUse.BASE_OPENING) - opening, lower=0, upper=0)
    yield Row(at=f"{FundUse.BASE_OPENING}, April to August", body=_spent(m, 2, FundUse.BASE_OPENING), upper=0)


def _paid(base: Base, size: int, policy: Policy) -> int:
    return base_running_pounds(base, size, policy) + base_lead_in_pounds(base, size, policy)


def _time_pounds(m: Model) -> Any:
    """Sessions at their price where that is all there is; else packages and what is bought at a price each."""
    prices = {v: service.price_pounds_per_session for v, service in m.services.items()}
    with_offers = {offer.service_id for offer in m.offers.values()}
    terms = [prices[v] * m.sessions[r, v] for r, v in m.sessions if prices[v] and v not in with_offers]
    terms += [m.offers[p].pounds * m.packages[p] for p in m.packages if m.offers[p].is_package]
    terms += [(m.offers[p].pounds if p else prices[v]) * m.bought[v, p] for v, p in m.bought]
    return sum(terms)


@rows_of(rules.CONTINGENCY_HELD)
def contingency_held(m: Model) -> Iterator[Row]:
    r"""$\sum_f spend_{f,y,contingency} \ge K_y$ for both financial years y.

    spend_fyu  pounds of fund f for use u in financial year y                       (decision)
    K_y        the board's percent of the cash that may be held, pounds rounded up  (policy)
    """
    least = contingency_pounds(m.world.partnership, m.world.policy)
    for year in (1, 2):
        yield Row(at=f"year {year}", body=_spent(m, year, FundUse.CONTINGENCY), lower=least[year - 1])


@rows_of(rules.MODERATED_POT_RELEASED)
def moderated_pot_released(m: Model) -> Iterator[Row]:
    r"""$\sum_f pot_{fh} \ge Q_h$ for every half-term h.

    pot_fh  pounds released to the moderated pot in half-term h                            (decision)
    Q_h     the board's percent of the year's cash over its half-terms, pounds rounded up  (policy)
    """
    for half_term, least in moderated_pot_pounds(m.world.partnership, m.world.policy).items():
        yield Row(at=f"half-term {half_term}", body=sum(m.pot[f, h] for f, h in m.pot if h == half_term), lower=least)


@rows_of(rules.NEXT_YEAR_AFFORDABLE)
def next_year_affordable(m: Model) -> Iterator[Row]:
    r"""$\sum_{sf} G_f\, grant\_steps_{sf} + C_t + \sum_{fh} pot_{fh} + \sum_{fy} spend_{f,y,contingency} + \sum_{bk} Y_{bk}\, base\_size_{bk} \le N$.

    grant_steps_sf  steps granted to school s from fund f                              (decision)
    pot_fh          pounds released to the moderated pot in half-term h                (decision)
    spend_fyu       pounds of fund f for use u in financial year y                     (decision)
    base_size_bk    base b runs at k places                                            (decision)
    G_f             pounds of one step of fund f                                       (policy)
    C_t             cost of specialist time as bought                                   (from decisions)
    Y_bk            pounds of base b at k places for twelve months, no lead-in          (partnership)
    N               the board's percent of the cash that comes every year, rounded down  (policy)

    Cash that comes every year is both financial years' money of the funds that are planned and not capital, without what was brought
    forward. The plan is taken to be the same next year, its bases full; which fund may pay for what is not followed into that year.
    """
    world = m.world
    kept: list[Any] = [m.step_pounds[f] * m.grant_steps[s, f] for s, f in m.grant_steps]
    kept.append(_time_pounds(m))
    kept += [m.pot[key] for key in m.pot]
    kept += [m.spend[f, y, u] for f, y, u in m.spend if u is FundUse.CONTINGENCY]
    kept += [base_full_year_pounds(m.bases[b], k, world.policy) * m.base_size[b, k] for b, k in m.base_size]
    yield Row(at="next year", body=sum(kept), upper=most_next_year_pounds(world.partnership, world.policy))


def _spent(m: Model, year: int, use: FundUse) -> Any:
    return sum(m.spend[f, y, u] for f, y, u in m.spend if y == year and u is use)
