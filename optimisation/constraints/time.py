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
