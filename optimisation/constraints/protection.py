"""Protection between years, and heads' rules for their own school."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from optimisation.registry import Model, Row, rows_of
from planner import rules
from planner.audit import money_cap_pounds, most_of
from planner.partnership import GRANT_ITEM, Bound


@rows_of(rules.MONEY_FLOOR)
def money_floor(m: Model) -> Iterator[Row]:
    r"""$\sum_f G_f\, grant\_steps_{sf} \ge (1 + \phi) L_s$ for every school s with a grant last year.

    grant_steps_sf  steps granted to school s from fund f         (decision)
    G_f             pounds of a step of fund f                    (policy)
    L_s, phi        last year's grant; the board's floor, where it tapers this year's  (partnership; policy)
    """
    share = (100 + m.world.policy.board.money_floor_now_percent) / 100
    for row in _last_year(m, is_grant=True):
        yield Row(at=str(row.urn), body=_granted(m, row.urn), lower=ceil(row.amount * share), exactly=row.amount * share)


@rows_of(rules.MONEY_CAP)
def money_cap(m: Model) -> Iterator[Row]:
    r"""$\sum_f G_f\, grant\_steps_{sf} \le \lceil (1 + \kappa) L_s \rceil_{120}$ for every school s with a grant last year.

    grant_steps_sf  steps granted to school s from fund f                            (decision)
    G_f             pounds of a step of fund f                                       (policy)
    L_s, kappa      last year's grant; the board's cap, up to a year of £10 a month  (partnership; policy)
    """
    for row in _last_year(m, is_grant=True):
        if row.amount:
            yield Row(at=str(row.urn), body=_granted(m, row.urn), upper=money_cap_pounds(row.amount, m.world.policy))


@rows_of(rules.SESSIONS_FLOOR)
def sessions_floor(m: Model) -> Iterator[Row]:
    r"""$sessions_{sv} \ge (1 + \sigma) L_{sv}$ for every school s and service v of last year.

    sessions_sv  half-day sessions of service v for school s  (decision)
    L_sv, sigma  last year's sessions; the board's floor      (partnership; policy)
    """
    share = (100 + m.world.policy.board.sessions_floor_percent) / 100
    for row in _last_year(m, is_grant=False):
        if row.amount * share > 0:
            least = row.amount * share
            yield Row(at=f"{row.urn}, {row.item}", body=_had(m, row.urn, row.item), lower=ceil(least), exactly=least)


@rows_of(rules.HEAD_RULE)
def head_rule(m: Model) -> Iterator[Row]:
    r"""$A_w \le H_w$ (at least), $H_w \le A_w$ (at most), or both (exactly), as the head's rule w says.

    H_w  grant in pounds, or sessions of a service, of the head's school  (from decisions)
    A_w  the head's amount; where a grant is to be exact, its upper side goes up to a year of £10 a month  (partnership)
    """
    for wish in m.world.partnership.head_rules:
        yield Row(
            at=wish.rule_id,
            body=_had(m, wish.urn, wish.item),
            lower=None if wish.bound is Bound.AT_MOST else wish.amount,
            upper=None if wish.bound is Bound.AT_LEAST else most_of(wish),
        )


def _last_year(m: Model, *, is_grant: bool) -> Iterator[Any]:
    return (row for row in m.world.partnership.last_year if (row.item == GRANT_ITEM) is is_grant)


def _granted(m: Model, urn: int) -> Any:
    return sum(m.step_pounds[f] * m.grant_steps[s, f] for s, f in m.grant_steps if s == urn)


def _had(m: Model, urn: int, item: str) -> Any:
    return _granted(m, urn) if item == GRANT_ITEM else sum(m.sessions[r, v] for r, v in m.sessions if r == str(urn) and v == item)
