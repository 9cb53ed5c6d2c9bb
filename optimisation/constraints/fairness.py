"""The board's rules of fairness: hosts' shares, phases, secondaries, caps on time, floors on standards, value received."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimisation.registry import Model, Row, rows_of
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
from planner.partnership import Phase


@rows_of(rules.HOST_SHARE)
def host_share(m: Model) -> Iterator[Row]:
    r"""$\sum_c h_{bc}\, places_{bc} \le \sum_k L_{bk}\, base\_size_{bk}$ for every base b whose host is in a zone that it serves.

    places_bc     places in base b for cell c (a zone's need)                                         (decision)
    base_size_bk  base b runs at k places                                                             (decision)
    h_bc          the host's share of the expected pupils of c, hundredths of a percent; 0 elsewhere  (need)
    L_bk          the board's percent of the places that b gives this year at k, where k is more than b has now; else all of k  (policy)
    """
    for base_id, base in m.bases.items():
        shares = host_shares(m.world, base)
        own = [shares[c] * m.places[b, c] for b, c in m.places if b == base_id and shares.get(c)]
        if own:
            limit = sum(host_limit(base, k, m.world.policy) * m.base_size[b, k] for b, k in m.base_size if b == base_id)
            yield Row(at=base_id, body=sum(own) - limit, upper=0, units=SHARE_UNITS)


@rows_of(rules.PHASE_BALANCE)
def phase_balance(m: Model) -> Iterator[Row]:
    r"""$\sum_{b \in P} \sum_k k\, base\_size_{bk} - \sum_{b \in S} \sum_k k\, base\_size_{bk} \ge N_S - N_P$.

    base_size_bk  base b runs at k places; P are primary bases, S secondary               (decision)
    N_P, N_S      places now in open bases that are not planned here (information only)   (partnership)
    """
    now = {phase: places_for_information(m.world.partnership, phase) for phase in (Phase.PRIMARY, Phase.SECONDARY)}
    signs = {Phase.PRIMARY: 1, Phase.SECONDARY: -1}
    body = sum(signs[m.bases[b].phase] * k * m.base_size[b, k] for b, k in m.base_size)
    yield Row(at="all bases", body=body, lower=now[Phase.SECONDARY] - now[Phase.PRIMARY])


@rows_of(rules.SECONDARIES_IN_PROPORTION)
def secondaries_in_proportion(m: Model) -> Iterator[Row]:
    r"""$\sum_{b \in s} \sum_k k\, base\_size_{bk} \ge \min(\lfloor N_s + (T_s - N_s)^+ / Y \rfloor - O_s,\ B_s)$ for every secondary s that could host.

    base_size_bk  secondary base b of s runs at k places                                         (decision)
    N_s, O_s      places s has now; of them, in bases that are not planned here                  (partnership)
    T_s           the board's places for 1,000 pupils, for the roll of s                         (policy)
    Y             academic years from this one to the target year, both counted; 1 after it      (policy)
    B_s           the most places that the sizes of its bases and the host's limit allow         (partnership)
    """
    for urn, least in secondary_steps(m.world).items():
        size = sum(k * m.base_size[b, k] for b, k in m.base_size if m.bases[b].host_urn == urn and m.bases[b].phase is Phase.SECONDARY)
        yield Row(at=str(urn), body=size, lower=least)


@rows_of(rules.SESSIONS_CAP)
def sessions_cap(m: Model) -> Iterator[Row]:
    r"""$sessions_{sv} \le \max(\lceil (1 + \sigma) L_{sv} \rceil,\ B_v)$ for every school s and service v of last year.

    sessions_sv  half-day sessions of service v for school s                     (decision)
    L_sv, sigma  last year's sessions; the board's cap                           (partnership; policy)
    B_v          the smallest block of v, where smallest blocks are a rule       (policy)
    """
    for row, most in capped_sessions(m.world):
        had = sum(m.sessions[r, v] for r, v in m.sessions if r == str(row.urn) and v == row.item)
        yield Row(at=f"{row.urn}, {row.item}", body=had, upper=most)


@rows_of(rules.NO_WORSE_OUTSIDE)
def no_worse_outside(m: Model) -> Iterator[Row]:
    r"""$\sum_f G_f\, grant\_steps_{sf} + \sum_v V_v\, sessions_{sv} \ge C_s$ for every school s that pays in.

    grant_steps_sf  steps granted to school s from fund f                                    (decision)
    sessions_sv     half-day sessions of service v for school s                              (decision)
    G_f             pounds of a step of fund f                                               (policy)
    V_v             price of a half-day, or its dearest offer's; in kind, the policy's value  (partnership; policy)
    C_s             what s pays in: what it could buy alone                                  (partnership)
    """
    value = session_value_pounds(m.world)
    for urn, pounds in paid_in_pounds(m.world.partnership).items():
        received: list[Any] = [m.step_pounds[f] * m.grant_steps[s, f] for s, f in m.grant_steps if s == urn]
        received += [value[v] * m.sessions[r, v] for r, v in m.sessions if r == str(urn)]
        yield Row(at=str(urn), body=sum(received), lower=pounds)


@rows_of(rules.STANDARD_FLOOR)
def standard_floor(m: Model) -> Iterator[Row]:
    r"""$100 \sum_j met_{cj} \ge F_c$ for every cell c within reach of a standard that the board names.

    met_cj  need met of cell c in segment j of the benefit curve  (decision)
    F_c     the board's floor on the standard, percent            (policy)
    """
    for cell_id, percent in standard_floors(m.world).items():
        yield Row(at=cell_id, body=100 * sum(m.met[cell_id, j] for j in range(len(m.segments))), lower=percent)
