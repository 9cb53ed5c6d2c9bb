"""Specialist time: what is kept back, and the smallest useful block."""

from __future__ import annotations

from collections.abc import Iterator

from optimisation.registry import Model, Row, rows_of
from planner import rules


@rows_of(rules.VACANCY_HELD_BACK)
def vacancy_held_back(m: Model) -> Iterator[Row]:
    r"""$\sum_r sessions_{rv} \le \lfloor (P_v - S_v - D_v)(1 - h_v) \rfloor$ for every service v.

    sessions_rv  half-day sessions of service v for school or zone r  (decision)
    P_v, S_v     sessions in post; statutory sessions                 (partnership)
    D_v          sessions of other duties                             (partnership)
    h_v          share of time expected to be vacant                  (policy)
    """
    for service_id, supply in m.supply.items():
        yield Row(at=service_id, body=sum(m.sessions[r, v] for r, v in m.sessions if v == service_id), upper=supply.shareable_sessions)


@rows_of(rules.TIME_BOUGHT)
def time_bought(m: Model) -> Iterator[Row]:
    r"""$\sum_r sessions_{rv} \le \sum_p N_p\, packages_p + \sum_p bought_{vp}$ and $L_p\, packages_p \le bought_{vp} \le U_v\, packages_p$ for a price break p.

    sessions_rv  half-day sessions of service v for r                                     (decision)
    packages_p   how many of package p are bought; whether price break p is reached       (decision)
    bought_vp    half-days of v bought at the price of break p, or at its own             (decision)
    N_p          half-days in package p                                                   (partnership)
    L_p, U_v     half-days from which break p holds; the most that v could be asked for   (partnership; from the data)

    Only for services with offers. That one price holds for all half-days needs no row: whoever has reached a break
    pays least for everything at the lowest price reached. The plan then buys what ``planner.offers`` finds cheapest for what is given.
    """
    for v in dict.fromkeys(offer.service_id for offer in m.offers.values()):
        own = [m.offers[p] for p in m.packages if m.offers[p].service_id == v]
        packages = sum(o.sessions * m.packages[o.offer_id] for o in own if o.is_package)
        each = sum(m.bought[w, p] for w, p in m.bought if w == v)
        yield Row(at=v, body=sum(m.sessions[r, w] for r, w in m.sessions if w == v) - packages - each, upper=0)
        for offer in (o for o in own if not o.is_package):
            p = offer.offer_id
            yield Row(at=f"{v}, {p}, at least", body=m.bought[v, p] - offer.sessions * m.packages[p], lower=0)
            yield Row(at=f"{v}, {p}, or none", body=m.bought[v, p] - m.bought[v, p].ub * m.packages[p], upper=0)


@rows_of(rules.SMALLEST_BLOCK)
def smallest_block(m: Model) -> Iterator[Row]:
    r"""$B_v\, has\_block_{rv} \le sessions_{rv} \le U_{rv}\, has\_block_{rv}$.

    sessions_rv   half-day sessions of service v for r                  (decision)
    has_block_rv  r gets a block of v                                   (decision)
    B_v           smallest useful block                                 (partnership or policy)
    U_rv          the most r could use or v could give, never larger    (from the data)
    """
    for r, v in m.has_block:
        block = m.supply[v].minimum_block_sessions
        most = m.most_sessions[r, v]
        yield Row(at=f"{r}, {v}, at least", body=m.sessions[r, v] - block * m.has_block[r, v], lower=0)
        yield Row(at=f"{r}, {v}, or none", body=m.sessions[r, v] - most * m.has_block[r, v], upper=0, is_tie=True)
