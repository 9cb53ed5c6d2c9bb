"""Bases: one size or closed, places within it, pupils now, hosts, reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimisation.registry import Model, Row, rows_of, shape_of
from planner import rules
from planner.need import World, Zone
from planner.partnership import Base, Consent
from planner.supply import base_reaches, first_year_places, host_condition, most_planned_places, places_now, smallest_useful_places


@shape_of(rules.BASE_REACH)
def base_reach(world: World, base: Base, zone: Zone) -> bool:
    r"""$places_{bc}$ exists only where the host of b is in the zone of c, or within $D_b$ of the zone's centre.

    places_bc  places in base b for cell c (a zone's need)                       (decision)
    D_b        straight-line distance that the journey guideline allows b        (policy)
    """
    return base_reaches(world.partnership, world.policy, base, zone.urns)


@rows_of(rules.ONE_SIZE_A_BASE)
def one_size_a_base(m: Model) -> Iterator[Row]:
    r"""$\sum_k base\_size_{bk} \le 1$ for every base b.

    base_size_bk  base b runs at k places  (decision)
    """
    for base_id in m.bases:
        yield Row(at=base_id, body=sum(m.base_size[b, k] for b, k in m.base_size if b == base_id), upper=1)


@rows_of(rules.PLACES_WITHIN_SIZE)
def places_within_size(m: Model) -> Iterator[Row]:
    r"""$\sum_c places_{bc} \le \sum_k k\, base\_size_{bk}$ for every base b.

    places_bc     places in base b for cell c (a zone's need)  (decision)
    base_size_bk  base b runs at k places                      (decision)
    """
    for base_id in m.bases:
        yield Row(at=base_id, body=sum(m.places[b, c] for b, c in m.places if b == base_id) - _size(m, base_id), upper=0)


@rows_of(rules.PUPILS_NOW_KEPT)
def pupils_now_kept(m: Model) -> Iterator[Row]:
    r"""$\sum_k k\, base\_size_{bk} \ge N_b$, and $\sum_k base\_size_{bk} = 1$ unless b may close.

    base_size_bk  base b runs at k places  (decision)
    N_b           pupils in base b now     (partnership)
    """
    for base_id, base in m.bases.items():
        sizes = [m.base_size[b, k] for b, k in m.base_size if b == base_id]
        if base.is_open and sizes:
            yield Row(at=base_id, body=_size(m, base_id), lower=base.pupils_now)
            if not base.may_close:
                yield Row(at=f"{base_id} stays open", body=sum(sizes), lower=1)


@rows_of(rules.HOST_CONSENT)
def host_consent(m: Model) -> Iterator[Row]:
    r"""$\sum_k k\, base\_size_{bk} \le N_b$ for every base b whose host has not said yes.

    base_size_bk  base b runs at k places                                           (decision)
    N_b           places b has now (or its pupils, if more); 0 when it is not open  (partnership)
    """
    for base_id, base in m.bases.items():
        if host_condition(m.world.partnership, base.host_urn).consent is not Consent.YES:
            yield Row(at=base_id, body=_size(m, base_id), upper=places_now(base))


@rows_of(rules.HOST_MOST_PLACES)
def host_most_places(m: Model) -> Iterator[Row]:
    r"""$\sum_{b \in H} \sum_k k\, base\_size_{bk} \le \max(L_H, N_H) - O_H$ for every host H with a limit.

    base_size_bk  base b runs at k places                                         (decision)
    L_H           the most places H agreed to                                     (partnership)
    N_H           the places H has now                                            (partnership)
    O_H           of them, in bases that are not planned here (information only)  (partnership)
    """
    for condition in m.world.partnership.host_conditions:
        most = most_planned_places(m.world.partnership, condition)
        if most is not None:
            hosted = [b for b in m.bases.values() if b.host_urn == condition.urn]
            yield Row(at=str(condition.urn), body=sum(_size(m, b.base_id) for b in hosted), upper=most)


@rows_of(rules.SMALLEST_USEFUL_BASE)
def smallest_useful_base(m: Model) -> Iterator[Row]:
    r"""$\sum_k (Z_b - k)^+ base\_size_{bk} \le 0$ for every base b that is not open.

    base_size_bk  base b runs at k places             (decision)
    Z_b           smallest useful size for its phase  (policy)
    """
    for base_id, base in m.bases.items():
        if not base.is_open:
            least = smallest_useful_places(base, m.world.policy)
            yield Row(at=base_id, body=sum((least - k) * m.base_size[b, k] for b, k in m.base_size if b == base_id and k < least), upper=0)


@rows_of(rules.COHORT_FILL)
def cohort_fill(m: Model) -> Iterator[Row]:
    r"""$\sum_c places_{bc} \le \sum_k (\min(k, N_b) + \lceil \phi (k - N_b)^+ \rceil) base\_size_{bk}$ for every base b; no row where $\phi = 1$.

    places_bc     places in base b for cell c (a zone's need)                       (decision)
    base_size_bk  base b runs at k places                                           (decision)
    N_b           places b has now (or its pupils, if more); 0 when it is not open  (partnership)
    phi           the share of its new places that a base gives in its first year   (policy)
    """
    if m.world.policy.board.cohort_fill_percent < 100:
        for base_id, base in m.bases.items():
            given = sum(m.places[b, c] for b, c in m.places if b == base_id)
            most = sum(first_year_places(base, k, m.world.policy) * m.base_size[b, k] for b, k in m.base_size if b == base_id)
            yield Row(at=base_id, body=given - most, upper=0)


def _size(m: Model, base_id: str) -> Any:
    return sum(k * m.base_size[b, k] for b, k in m.base_size if b == base_id)
