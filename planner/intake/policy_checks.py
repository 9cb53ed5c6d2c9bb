"""Findings that need the policy: promises larger than the pool, bases nobody can reach, roles without need."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from planner.intake.findings import Finding, Level
from planner.need import zones_of
from planner.partnership import GRANT_ITEM, Base, Bound, Consent, DecisionRight, FundUse, Partnership, YearEnd
from planner.policy import Policy
from planner.supply import (
    MONTHS,
    available_pounds,
    base_opening_pounds,
    base_reaches,
    base_running_pounds,
    host_condition,
    pays,
    places_now,
    service_supply,
    sizes_of,
)


def check_against_policy(partnership: Partnership, policy: Policy) -> tuple[Finding, ...]:
    """Things worth a look before planning. Whether the rules can all hold is for the solver to say."""
    return (
        *_funds(partnership),
        *_zone_services(partnership, policy),
        *_promises(partnership, policy),
        *_services(partnership, policy),
        *_bases(partnership, policy),
        *_base_money(partnership, policy),
    )


def _look(sheet: str, what: str, mend: str, *, row: int | None = None, column: str = "") -> Finding:
    return Finding(level=Level.LOOK_AT, sheet=sheet, row=row, column=column, what=what, mend=mend)


def _funds(partnership: Partnership) -> Iterator[Finding]:
    if not partnership.funds:
        yield _look("Funds", "there is no money, so no plan can give a grant or pay for time.", "Add a row a fund.")
    for row, fund in enumerate(partnership.funds, start=2):
        start = fund.september_to_march_pounds + fund.brought_forward_pounds - fund.must_return_pounds
        if start < 0:
            yield _look(
                "Funds", f"{fund.name} starts the year £{-start:,} short, taken from its money after 1 April.",
                "Check the amount brought forward.", row=row, column="Brought forward",
            )  # fmt: skip


def _zone_services(partnership: Partnership, policy: Policy) -> Iterator[Finding]:
    """A service planned for zones gives no school an amount of its own."""
    for_zones = {s.service_id: s.name for s in partnership.services if policy.role(s.role).serves == "zone"}
    items = [("Last year", row, r.item) for row, r in enumerate(partnership.last_year, start=2)]
    items += [("Heads rules", row, r.item) for row, r in enumerate(partnership.head_rules, start=2)]
    for sheet, row, item in items:
        if item in for_zones:
            yield Finding(
                    level=Level.MUST_MEND, sheet=sheet, row=row, column="Item",
                    what=f"{for_zones[item]} is planned for zones, so no school has an amount of its own.", mend="Take the row out.",
                )  # fmt: skip


def _promises(partnership: Partnership, policy: Policy) -> Iterator[Finding]:
    """Floors and heads' rules beside what there is, by item."""
    cash = sum(sum(available_pounds(f)) for f in partnership.funds if pays(f, FundUse.GRANTS))
    promised: dict[str, Fraction] = {}
    for item in (GRANT_ITEM, *(s.service_id for s in partnership.services)):
        is_money = item == GRANT_ITEM
        floor = policy.board.money_floor_now_percent if is_money else policy.board.sessions_floor_percent
        is_on = policy.is_on("money_floor" if is_money else "sessions_floor")
        total = Fraction(0)
        for school in partnership.schools:
            had = sum(r.amount for r in partnership.last_year if r.urn == school.urn and r.item == item)
            wishes = [r.amount for r in partnership.head_rules if r.urn == school.urn and r.item == item and r.bound is not Bound.AT_MOST]
            total += max([Fraction(had * (100 + floor), 100) if is_on else Fraction(0), *map(Fraction, wishes)])
        promised[item] = total
    if promised[GRANT_ITEM] > cash:
        yield _look(
            "Last year", f"floors and heads' rules promise £{ceil(promised[GRANT_ITEM]):,} in grants, £{ceil(promised[GRANT_ITEM] - cash):,} "
            f"more than the £{cash:,} that may pay them (money_floor, head_rule).",
            "Lower the floor in the policy, relax a head's rule, or add money.",
        )  # fmt: skip
    for service in partnership.services:
        shareable = service_supply(partnership, policy, service).shareable_sessions
        if promised[service.service_id] > shareable:
            yield _look(
                "Last year", f"floors and heads' rules promise {ceil(promised[service.service_id])} half-days of {service.name}, "
                f"which has {shareable} to share (sessions_floor, head_rule).",
                "Lower the floor in the policy, relax a head's rule, or add time.",
            )  # fmt: skip


def _services(partnership: Partnership, policy: Policy) -> Iterator[Finding]:
    for row, service in enumerate(partnership.services, start=2):
        supply = service_supply(partnership, policy, service)
        if supply.statutory_shortfall_sessions:
            yield _look(
                "Services", f"statutory work is {supply.statutory_shortfall_sessions} half-days more than {service.name} has in post.",
                "Nothing is shared from it; raise it with whoever employs it.", row=row, column="Service",
            )  # fmt: skip
        elif service.decision_right is not DecisionRight.INFORMATION and not supply.shareable_sessions:
            yield _look(
                "Services",
                f"{service.name} has no half-day left to share.",
                "Check its people and their duties.",
                row=row,
                column="Service",
            )
    served = {s.role for s in partnership.services}
    asked_for = {role for standard in policy.standards for role, _ in standard.sessions_per_pupil}
    for role in policy.roles:
        if role.role_id in asked_for - served:
            yield _look(
                "Services", f"nobody gives time as {role.name.lower()}, so needs for it are out of reach.", "Add a service if there is one."
            )


def _bases(partnership: Partnership, policy: Policy) -> Iterator[Finding]:
    zones = zones_of(partnership, policy)
    for row, base in enumerate(partnership.bases, start=2):
        if not sizes_of(base):
            yield _look(
                "Bases",
                f"{base.name} has no possible size, so it cannot open.",
                "Enter the sizes it may run at.",
                row=row,
                column="Possible sizes",
            )
        elif not any(base_reaches(partnership, policy, base, zone.urns) for zone in zones):
            yield _look(
                "Bases",
                f"no schools of its phase are within reach of {base.name}.",
                "Check the host's easting and northing.",
                row=row,
                column="Host URN",
            )


def _base_money(partnership: Partnership, policy: Policy) -> Iterator[Finding]:
    """Running the open bases as they are, and opening each possible one, beside the money that may pay for it."""
    planned = [b for b in partnership.bases if b.decision_right is not DecisionRight.INFORMATION]
    cost = sum(base_running_pounds(b, places_now(b), policy) for b in planned if b.is_open)
    first_cost = cost * policy.board.september_to_march_months // MONTHS
    held = _most_by_year(partnership, FundUse.BASE_RUNNING, first_cost)
    for year, pounds, most in zip(partnership.financial_years, (first_cost, cost - first_cost), held, strict=True):
        if pounds > most:
            yield _look(
                "Bases", f"running the open bases at their present size costs £{pounds:,} in {year}, but the funds that may pay for it "
                f"hold £{most:,}.",
                "Let another fund pay for running bases, add money, or give the bases smaller sizes.",
            )  # fmt: skip
    before_april = _most_by_year(partnership, FundUse.BASE_OPENING, 0)[0]
    for row, base in enumerate(partnership.bases, start=2):
        opening = base_opening_pounds(base, policy)
        if base in planned and _may_open(partnership, base) and opening > before_april:
            yield _look(
                "Bases", f"opening {base.name} costs £{opening:,}, but the funds that may pay for it hold £{before_april:,} before 1 April.",
                "Let another fund pay for opening bases, or move money to September to March.", row=row, column="Opening cost",
            )  # fmt: skip


def _may_open(partnership: Partnership, base: Base) -> bool:
    return not base.is_open and bool(sizes_of(base)) and host_condition(partnership, base.host_urn).consent is Consent.YES


def _most_by_year(partnership: Partnership, use: FundUse, first_cost: int) -> tuple[int, int]:
    """The most that the funds for a use can pay in each financial year; money that returns on 31 March pays first."""
    funds = [fund for fund in partnership.funds if pays(fund, use)]
    first, second = (sum(available_pounds(fund)[year] for fund in funds) for year in (0, 1))
    may_carry = sum(available_pounds(fund)[0] for fund in funds if fund.year_end is YearEnd.CARRY)
    return first, second + min(may_carry, max(0, first - first_cost))
