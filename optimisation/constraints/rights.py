"""Law and decision rights: what may exist at all, and statutory work first."""

from __future__ import annotations

from collections.abc import Iterator

from optimisation.registry import Model, Row, rows_of, shape_of
from planner import rules
from planner.partnership import Base, DecisionRight, Fund, FundUse, Service


@shape_of(rules.DECISION_RIGHT)
def decision_right(resource: Fund | Service | Base) -> bool:
    r"""No decision about a fund, service or base x exists unless $right_x \in \{\text{ours}, \text{request}\}$.

    right_x  who decides on x: ours, a request to somebody, or information only  (partnership)
    """
    return resource.decision_right is not DecisionRight.INFORMATION


@shape_of(rules.ALLOWED_USES)
def allowed_uses(fund: Fund, use: FundUse) -> bool:
    r"""$grant\_steps_{sf}$, $spend_{fyu}$ and $pot_{fh}$ exist only where the use is in $U_f$.

    grant_steps_sf  steps granted to school s from fund f (use: grants)          (decision)
    spend_fyu       pounds of fund f for use u in financial year y               (decision)
    pot_fh          pounds released in half-term h (use: moderated pot)          (decision)
    U_f             the uses that the grant conditions of fund f allow           (partnership)
    """
    return use in fund.allowed_uses


@rows_of(rules.STATUTORY_FIRST)
def statutory_first(m: Model) -> Iterator[Row]:
    r"""$\sum_r sessions_{rv} \le P_v - S_v$ for every service v.

    sessions_rv  half-day sessions of service v for school or zone r   (decision)
    P_v          sessions of the people in post                        (partnership)
    S_v          statutory sessions, of filled and vacant posts alike  (partnership)
    """
    for service_id, supply in m.supply.items():
        given = [m.sessions[r, v] for r, v in m.sessions if v == service_id]
        yield Row(at=service_id, body=sum(given), upper=supply.after_statutory_sessions)
