"""Need met from support: what the cells of a school or zone use is no more than it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from optimisation.registry import Model, Row, rows_of
from planner import rules
from planner.need import ADULT_HOURS, PLACE


@rows_of(rules.NEED_FROM_SUPPORT)
def need_from_support(m: Model) -> Iterator[Row]:
    r"""$\sum_{c \in r} R_{ci} \sum_j d_j\, met_{cj} \le 100 \times \text{given}_{ri}$ for every recipient r and ingredient i.

    met_cj    need met of cell c in segment j of the benefit curve         (decision)
    d_j       dose for one unit of need met in segment j                   (policy)
    R_ci      hundredths of ingredient i for a full dose in cell c         (need)
    given_ri  sessions of the role; grant pounds over the hourly rate; places of the cell  (decisions)
    """
    used: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for cell_id, cell in m.cells.items():
        dose = sum(float(width_dose / width) * m.met[cell_id, j] for j, (width, width_dose, _) in enumerate(m.segments))
        for ingredient, required in cell.requirements:
            used[cell_id if ingredient == PLACE else cell.recipient, ingredient].append(required * dose)
    given = _given(m)
    for (holder, ingredient), terms in used.items():
        rate = m.world.policy.pounds_per_adult_hour if ingredient == ADULT_HOURS else 1
        yield Row(at=f"{holder}, {ingredient}", body=rate * sum(terms) - 100 * sum(given[holder, ingredient]), upper=0)


def _given(m: Model) -> dict[tuple[str, str], list[Any]]:
    given: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for recipient, service_id in m.sessions:
        given[recipient, m.services[service_id].role].append(m.sessions[recipient, service_id])
    for urn, fund_id in m.grant_steps:
        given[str(urn), ADULT_HOURS].append(m.step_pounds[fund_id] * m.grant_steps[urn, fund_id])
    for base_id, cell_id in m.places:
        given[cell_id, PLACE].append(m.places[base_id, cell_id])
    return given
