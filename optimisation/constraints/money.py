"""Money: funds balance in each financial year, costs are paid when they fall, pots are held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimisation.registry import Model, Row, rows_of
from planner import rules
from planner.partnership import FundUse
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    MONTHS,
    STEP_POUNDS_A_MONTH,
    available_pounds,
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
    r"""$|12 \sum_f spend_{f1u} - M C_u| \le 11$ and $\sum_{fy} spend_{fyu} = C_u$; openings in year 1.

    spend_fyu  pounds of fund f for use u in financial year y               (decision)
    C_u        cost of use u: time as bought, bases at their size           (from decisions)
    M          months from September to March, seven                        (policy)

    The first row is seven twelfths of the cost, rounded to a whole pound either way. With ``m.is_to_the_pound``
    it is seven twelfths exactly: then whole payments always exist (``optimisation.payments``).
    """
    world = m.world
    rounding = 0 if m.is_to_the_pound else MONTHS - 1
    first_months = world.policy.board.september_to_march_months
    time = _time_pounds(m)
    running = sum(base_running_pounds(m.bases[b], k, world.policy) * m.base_size[b, k] for b, k in m.base_size)
    for use, cost in ((FundUse.SPECIALIST_TIME, time), (FundUse.BASE_RUNNING, running)):
        first, second = (_spent(m, year, use) for year in (1, 2))
        yield Row(at=f"{use}, September to March", body=MONTHS * first - first_months * cost, lower=-rounding, upper=rounding)
        yield Row(at=f"{use}, both years", body=first + second - cost, lower=0, upper=0)
    opening = sum(base_opening_pounds(m.bases[b], world.policy) * m.base_size[b, k] for b, k in m.base_size)
    yield Row(at=f"{FundUse.BASE_OPENING}, September to March", body=_spent(m, 1, FundUse.BASE_OPENING) - opening, lower=0, upper=0)
    yield Row(at=f"{FundUse.BASE_OPENING}, April to August", body=_spent(m, 2, FundUse.BASE_OPENING), upper=0)


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


def _spent(m: Model, year: int, use: FundUse) -> Any:
    return sum(m.spend[f, y, u] for f, y, u in m.spend if y == year and u is use)
