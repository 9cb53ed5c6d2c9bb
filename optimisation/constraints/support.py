"""Need met from support: what the cells of a school or zone use is no more than it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, lcm
from typing import Any

from optimisation.registry import Model, Row, rows_of
from planner import rules
from planner.need import ADULT_HOURS, PLACE, may_be_part_year
from planner.supply import place_share


@rows_of(rules.NEED_FROM_SUPPORT)
def need_from_support(m: Model) -> Iterator[Row]:
    r"""$\sum_{c \in r} R_{ci} \sum_j d_j\, met_{cj} \le 100 \times \text{given}_{ri}$ for every recipient r and ingredient i.

    met_cj    need met of cell c in segment j of the benefit curve         (decision)
    d_j       dose for one unit of need met in segment j                   (policy)
    R_ci      hundredths of ingredient i for a full dose in cell c         (need)
    given_ri  sessions of the role; grant pounds over the hourly rate; places of the cell, each for its share of the year  (decisions)

    A place in a base that opens in half-term $h$ is $(7 - h)/6$ of a year's place; such a row is multiplied up to whole shares. Where such
    a base may serve a cell, $\sum_b places_{bc} \le \lceil R_c \rceil$ beside it: all its places run at the end of the year, and no pupil has two at once.
    """
    used: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for cell_id, cell in m.cells.items():
        dose = sum(float(width_dose / width) * m.met[cell_id, j] for j, (width, width_dose, _) in enumerate(m.segments))
        for ingredient, required in cell.requirements:
            used[cell_id if ingredient == PLACE else cell.recipient, ingredient].append(required * dose)
    given = _given(m)
    for (holder, ingredient), terms in used.items():
        rate = m.world.policy.pounds_per_adult_hour if ingredient == ADULT_HOURS else 1
        if ingredient == PLACE:
            rate, given[holder, PLACE] = _in_whole_shares(m, holder)
        yield Row(at=f"{holder}, {ingredient}", body=rate * sum(terms) - 100 * sum(given[holder, ingredient]), upper=0)
    for cell_id, cell in m.cells.items():
        if may_be_part_year(m.world.partnership, m.world.policy, cell, m.world.picture.zones):
            places = sum(m.places[b, c] for b, c in m.places if c == cell_id)
            yield Row(at=f"{cell_id}, places at once", body=100 * places, upper=100 * ceil(Fraction(cell.requirement(PLACE), 100)))


def _in_whole_shares(m: Model, cell_id: str) -> tuple[int, list[Any]]:
    """By how much a cell's row is multiplied, and its places so multiplied by their shares of the year: 1 and themselves where all run all year."""
    at = [(b, place_share(m.bases[b])) for b, c in m.places if c == cell_id]
    by = lcm(*(share.denominator for _, share in at))
    return by, [int(by * share) * m.places[b, cell_id] for b, share in at]


def _given(m: Model) -> dict[tuple[str, str], list[Any]]:
    given: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for recipient, service_id in m.sessions:
        given[recipient, m.services[service_id].role].append(m.sessions[recipient, service_id])
    for urn, fund_id in m.grant_steps:
        given[str(urn), ADULT_HOURS].append(m.step_pounds[fund_id] * m.grant_steps[urn, fund_id])
    return given
